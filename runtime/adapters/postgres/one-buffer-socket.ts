import type { ConnectOpts, SocketConstructorOpts } from 'node:net';
import { Socket } from 'node:net';

/** What one read of the system brings at most. */
const BUFFER_BYTES = 128 * 1024;

/** Takes bytes that are overwritten by the next read. @returns false to read no more until `resume` */
export type Borrower = (bytes: Buffer) => boolean;

/**
 * A socket that always reads into the same buffer. Node gives each read a buffer of its own, which for a chain that
 * is read as fast as it can be costs more than a tenth of the reader's time, and tens of megabytes.
 */
export class OneBufferSocket extends Socket {
  private borrower: Borrower | null = null;

  constructor() {
    let receive: Borrower = () => true;
    const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    const options: SocketConstructorOpts & ConnectOpts = {
      onread: { buffer, callback: (bytes) => receive(buffer.subarray(0, bytes)) },
    };
    super(options);
    receive = (bytes) => this.receive(bytes);
  }

  /** Lends what is read from now on; null ends that, and it is copied and emitted as `data` again. */
  lendTo(borrower: Borrower | null): void {
    this.borrower = borrower;
  }

  private receive(bytes: Buffer): boolean {
    if (this.borrower) return this.borrower(bytes);
    this.emit('data', Buffer.from(bytes));
    return true;
  }
}
