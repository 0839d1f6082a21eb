import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes a whole file so that a crash leaves either the old or the new one, and it survives a power cut. */
export async function writeJsonDurably(path: string, value: unknown, temporary: string): Promise<void> {
  const draft = join(temporary, randomUUID());
  try {
    const file = await open(draft, 'wx');
    try {
      await file.writeFile(JSON.stringify(value));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes renames and removals inside a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder for this, and its file system journals renames itself.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A body on its way into the store: written to a temporary file, then moved into place or discarded. */
export class StagedBody {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async create(temporary: string): Promise<StagedBody> {
    const path = join(temporary, randomUUID());
    return new StagedBody(path, await open(path, 'wx'));
  }

  private closed = false;

  async write(chunk: Uint8Array): Promise<void> {
    let offset = 0;
    while (offset < chunk.length) offset += (await this.file.write(chunk, offset)).bytesWritten;
  }

  /** Makes the bytes durable; nothing may be written after it. */
  async seal(): Promise<void> {
    await this.file.sync();
    this.closed = true;
    await this.file.close();
  }

  async moveTo(path: string): Promise<void> {
    await rename(this.path, path);
  }

  /** Harmless after `moveTo`. */
  async discard(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      await this.file.close();
    }
    await rm(this.path, { force: true });
  }
}
