import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c } from './crc32c';
import { Crc64Nvme } from './crc64nvme';

/** Names as they appear in `x-amz-sdk-checksum-algorithm` and in listings. */
export type ChecksumAlgorithm = 'CRC64NVME' | 'CRC32' | 'CRC32C' | 'SHA1' | 'SHA256';

/** Every algorithm this server stores, with the bytes of a digest and its header and XML element. */
export const CHECKSUMS: Readonly<
  Record<ChecksumAlgorithm, { readonly bytes: number; readonly header: string; readonly element: string }>
> = {
  CRC64NVME: { bytes: 8, header: 'x-amz-checksum-crc64nvme', element: 'ChecksumCRC64NVME' },
  CRC32: { bytes: 4, header: 'x-amz-checksum-crc32', element: 'ChecksumCRC32' },
  CRC32C: { bytes: 4, header: 'x-amz-checksum-crc32c', element: 'ChecksumCRC32C' },
  SHA1: { bytes: 20, header: 'x-amz-checksum-sha1', element: 'ChecksumSHA1' },
  SHA256: { bytes: 32, header: 'x-amz-checksum-sha256', element: 'ChecksumSHA256' },
};

export const CHECKSUM_ALGORITHMS = Object.keys(CHECKSUMS) as readonly ChecksumAlgorithm[];

/** A digest fed piece by piece. */
export interface RunningDigest {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

class RunningCrc implements RunningDigest {
  private value = 0;

  constructor(private readonly next: (bytes: Uint8Array, previous: number) => number) {}

  update(bytes: Uint8Array): void {
    this.value = this.next(bytes, this.value);
  }

  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(this.value);
    return out;
  }
}

export function startDigest(algorithm: ChecksumAlgorithm | 'MD5'): RunningDigest {
  switch (algorithm) {
    case 'CRC64NVME':
      return new Crc64Nvme();
    case 'CRC32':
      return new RunningCrc(crc32);
    case 'CRC32C':
      return new RunningCrc(crc32c);
    case 'SHA1':
    case 'SHA256':
    case 'MD5':
      return createHash(algorithm.toLowerCase());
  }
}
