import { FormatError } from '../../errors';
import { isHexDigest } from '../digests';

type Test<T> = (value: unknown) => value is T;

export const isText: Test<string> = (value): value is string => typeof value === 'string';
export const isCount: Test<number> = (value): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
export const isIndex: Test<number> = (value): value is number => Number.isSafeInteger(value);
export const isDigest: Test<string> = isHexDigest;
export const isArray: Test<readonly unknown[]> = (value): value is readonly unknown[] => Array.isArray(value);

export function orNull<T>(test: Test<T>): Test<T | null> {
  return (value): value is T | null => value === null || test(value);
}

/** Reads the members of an object out of a document one by one; what is missing or of another type is refused. */
export class Members {
  private constructor(
    private readonly object: Readonly<Record<string, unknown>>,
    private readonly path: string,
  ) {}

  /** @throws FormatError `DOCUMENT_MALFORMED` when the value is no object */
  static of(value: unknown, path = ''): Members {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw malformed(path === '' ? 'it' : path, 'no object');
    }
    return new Members(value as Record<string, unknown>, path);
  }

  /** @throws FormatError `DOCUMENT_MALFORMED` naming the member */
  get<T>(name: string, test: Test<T>): T {
    const value = Object.hasOwn(this.object, name) ? this.object[name] : undefined;
    if (!test(value)) throw malformed(this.name(name), value === undefined ? 'missing' : 'of a wrong type');
    return value;
  }

  child(name: string): Members {
    return Members.of(this.get(name, isPresent), this.name(name));
  }

  list<T>(name: string, read: (member: Members) => T): T[] {
    return this.get(name, isArray).map((each, at) => read(Members.of(each, `${this.name(name)}[${at}]`)));
  }

  optional<T>(name: string, read: (member: Members) => T): T | null {
    return this.get(name, orNull(isPresent)) === null ? null : read(this.child(name));
  }

  private name(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

const isPresent: Test<object> = (value): value is object => typeof value === 'object' && value !== null;

function malformed(what: string, how: string): FormatError {
  return new FormatError('DOCUMENT_MALFORMED', `${what} is ${how}`);
}
