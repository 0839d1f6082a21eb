import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export const ROOT = join(__dirname, '../..');

export function readText(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

export const README = readText('README.md');

/**
 * Rows of the tables under a heading, up to the next heading, without back-ticks.
 * @param nth which table of the section, from 0; all of them when absent
 */
export function tableRows(heading: string, nth?: number): string[][] {
  const section = README.split(`\n${heading}\n`)[1]?.split(/\n#{2,3} /)[0] ?? '';
  const tables = section.match(/(?:^\|.*\n)+/gm) ?? [];
  const chosen = nth === undefined ? tables : tables.slice(nth, nth + 1);
  return chosen.flatMap((table) =>
    table
      .trim()
      .split('\n')
      .slice(2)
      .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
      .map((cells) => cells.map((cell) => cell.trim().replaceAll('`', ''))),
  );
}

/** The fenced blocks of a language, in order. */
export function codeBlocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, code]) => code ?? '',
  );
}

/**
 * Type-checks an example of the README as a module of this package; returns the compiler's complaints.
 * @param ambient declarations of what the example takes for granted
 */
export function compileExample(example: string, ambient: string): string[] {
  const file = join(ROOT, 'readme-example.ts');
  const statement = /^import [^;]*;$/gm;
  const imports = [...example.matchAll(statement)].map(([line]) =>
    line
      .replace("'cdktf-audit-anchor/constructs'", "'./constructs/index'")
      .replace("'cdktf-audit-anchor'", "'./runtime/index'"),
  );
  const body = example.replace(statement, '');
  const text = [...imports, ambient, `export async function example() {\n${body}\n}`].join('\n');
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options;
  const options = {
    ...parsed,
    noEmit: true,
    incremental: false,
    tsBuildInfoFile: undefined,
    noUnusedLocals: false,
  };
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version, ...rest) =>
    name === file ? ts.createSourceFile(name, text, version) : getSourceFile(name, version, ...rest);
  const fileExists = host.fileExists.bind(host);
  host.fileExists = (name) => name === file || fileExists(name);
  const program = ts.createProgram([file], options, host);
  const main = program.getSourceFile(file);
  const faults = [...program.getSyntacticDiagnostics(main), ...program.getSemanticDiagnostics(main)];
  return faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
