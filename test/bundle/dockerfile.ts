import { readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

/** One instruction, its line continuations joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  /** Image it starts from, with the defaults of build arguments put in. */
  readonly base: string;
  /** Platform of `FROM --platform=`, null without. */
  readonly platform: string | null;
  readonly name: string | null;
  readonly instructions: readonly Instruction[];
}

const FROM = /^(?:--platform=(\S+)\s+)?(\S+)(?:\s+AS\s+(\S+))?$/i;

function instructionsOf(text: string): Instruction[] {
  return text
    .replace(/^\s*#.*$/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const [name = '', ...rest] = line.split(/\s+/);
      return { name: name.toUpperCase(), text: rest.join(' ') };
    });
}

/** The stages of runtime/Dockerfile, the last one being the image. */
export function readDockerfile(): readonly Stage[] {
  const defaults = new Map<string, string>();
  const stages: {
    base: string;
    platform: string | null;
    name: string | null;
    instructions: Instruction[];
  }[] = [];
  for (const instruction of instructionsOf(readFileSync(path.join(ROOT, 'runtime/Dockerfile'), 'utf8'))) {
    const stage = stages[stages.length - 1];
    if (instruction.name === 'FROM') {
      const [, platform = null, image = '', name = null] = FROM.exec(instruction.text) ?? [];
      const base = image.replace(/\$\{(\w+)\}/g, (_all, arg: string) => defaults.get(arg) ?? '');
      stages.push({ base, platform, name, instructions: [] });
    } else if (stage) {
      stage.instructions.push(instruction);
    } else {
      const [arg = '', value = ''] = instruction.text.split('=');
      defaults.set(arg, value);
    }
  }
  return stages;
}

/** Values of a stage's `ENV` or `LABEL` lines, one assignment each. */
export function assignments(stage: Stage, name: 'ENV' | 'LABEL'): Readonly<Record<string, string>> {
  return Object.fromEntries(
    stage.instructions
      .filter((instruction) => instruction.name === name)
      .map(({ text }) => {
        const at = text.indexOf('=');
        return [text.slice(0, at), text.slice(at + 1).replace(/^"|"$/g, '')];
      }),
  );
}

export function texts(stage: Stage, name: string): string[] {
  return stage.instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);
}
