import { randomUUID } from 'node:crypto';
import { link, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../application/ports';
import type { ReportStore } from '../../application/shards/report-store';
import { quoted } from '../../config-faults';
import { AuditAnchorError, ConfigError } from '../../errors';
import { jsonFilesIn, mediumFailure, readText, writeText } from '../files/text-files';

/** Reports in a folder, which is made when it is not there. */
export class FolderReports implements ReportStore {
  readonly place: string;

  constructor(
    private readonly folder: string,
    readonly clock: Clock,
  ) {
    this.place = folder.endsWith('/') ? folder : `${folder}/`;
  }

  read(name: string): Promise<string | null> {
    return readText(path.join(this.folder, name));
  }

  /** A link cannot replace a file, and the text is complete and on disk before it is made. */
  async create(name: string, text: string): Promise<boolean> {
    const file = path.join(this.folder, name);
    await this.make();
    const temporary = `${file}.${randomUUID()}.new`;
    try {
      await writeText(temporary, text);
      await link(temporary, file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      // The text is written to another file first, which nobody has heard of.
      throw this.unusable(file, 'written', error instanceof AuditAnchorError ? error.cause : error);
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  list(): Promise<readonly string[]> {
    return jsonFilesIn(this.folder);
  }

  private async make(): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
    } catch (error) {
      throw this.unusable(this.folder, 'made', error);
    }
  }

  private unusable(what: string, doing: string, error: unknown): AuditAnchorError {
    const medium = mediumFailure(what, error);
    if (medium) return medium;
    const { code = 'no reason given' } = error as NodeJS.ErrnoException;
    return new ConfigError('FILE_UNUSABLE', `${quoted(what)} cannot be ${doing} (${code})`, {
      cause: error,
      hint: 'Name a folder that this user may write to, on a file system with hard links.',
    });
  }
}
