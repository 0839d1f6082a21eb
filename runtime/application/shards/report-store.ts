import type { Clock } from '../ports';

/** Where plans and reports are kept. */
export type ReportPlace =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'bucket'; readonly bucket: string; readonly prefix: string };

/**
 * A place for plans, partial reports and reports, where nothing is written twice. What is read from it is hostile
 * until its seal was checked.
 */
export interface ReportStore {
  /** The place, for people; a name appended to it is the whole name. */
  readonly place: string;
  /** By which the age of documents is judged: S3's time in a bucket. */
  readonly clock: Clock;
  /**
   * Text of a document, null when there is none. Where there are several versions, the one that was written first.
   * @throws ConfigError `FILE_UNUSABLE` when it is there and cannot be read
   */
  read(name: string): Promise<string | null>;
  /** Writes a document once. False when there is one of this name, which stays as it is. */
  create(name: string, text: string): Promise<boolean>;
  /** Names of all documents, in order. */
  list(): Promise<readonly string[]>;
}
