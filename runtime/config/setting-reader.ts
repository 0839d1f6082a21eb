import { NOTHING, quoted } from '../config-faults';
import { wholeNumberOf } from '../contract/setting-rules';
import { ConfigError, type ConfigFault } from '../errors';
import type { ReadFile } from './config';

export interface Limits {
  readonly min: number;
  readonly max: number;
}

/** Reads settings one by one and keeps what is wrong with them, so that all of it can be said at once. */
export class SettingReader {
  readonly faults: ConfigFault[] = [];

  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly readFile: ReadFile,
  ) {}

  /** Value of a setting; null when it is absent or empty. */
  text(setting: string): string | null {
    return this.env[setting] || null;
  }

  /** Records a fault. Returns null, so that a parser can `return reader.fault(...)`. */
  fault(setting: string, found: string, allowed: string): null {
    this.faults.push({ setting, found, allowed });
    return null;
  }

  /** Value of a setting that the command cannot do without. */
  required(setting: string, allowed: string): string | null {
    return this.text(setting) ?? this.fault(setting, NOTHING, allowed);
  }

  /**
   * A whole number in plain decimal digits.
   * @param what for the fault: "whole number of days"
   * @param fallback value of an absent setting, also of a wrong one, so that reading can go on
   */
  integer<T>(setting: string, limits: Limits, what: string, fallback: T): number | T {
    const text = this.text(setting);
    if (text === null) return fallback;
    const value = wholeNumberOf(text, limits);
    if (value !== null) return value;
    this.fault(setting, quoted(text), `a ${what} from ${limits.min} to ${limits.max}, in digits only`);
    return fallback;
  }

  /** One of a few words, exactly as they are written here. */
  choice<T extends string>(setting: string, words: readonly T[], fallback: T): T {
    const text = this.text(setting);
    if (text === null) return fallback;
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    this.fault(setting, quoted(text), words.map((known) => `"${known}"`).join(' or '));
    return fallback;
  }

  /**
   * Text of a file that a setting names.
   * @param allowed what the file should hold
   * @param shown how a fault names the path, when it may not be shown
   */
  file(setting: string, path: string, allowed: string, shown: string = quoted(path)): string | null {
    try {
      return this.readFile(path);
    } catch (error) {
      const problem = fileProblem((error as NodeJS.ErrnoException).code);
      return this.fault(setting, `${shown}, ${problem}`, `the path of a readable file with ${allowed}`);
    }
  }

  /**
   * Text of that file as it is now, for what may change while the program runs.
   * @throws ConfigError `FILE_UNUSABLE`
   */
  fileAgain(setting: string, path: string, allowed: string, shown: string = quoted(path)): string {
    try {
      return this.readFile(path);
    } catch (error) {
      const problem = fileProblem((error as NodeJS.ErrnoException).code);
      throw new ConfigError(
        'FILE_UNUSABLE',
        `${setting} is ${shown}, ${problem}; expected the path of a readable file with ${allowed}`,
        { cause: error, hint: 'Put the file back, or name another one and start again.' },
      );
    }
  }
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'which does not exist',
  ENOTDIR: 'which does not exist',
  EACCES: 'which this user may not read',
  EPERM: 'which this user may not read',
  EISDIR: 'which is a folder',
  ENOTREG: 'which is no regular file',
};

function fileProblem(code = 'no reason given'): string {
  return FILE_PROBLEMS[code] ?? `which cannot be read (${code})`;
}
