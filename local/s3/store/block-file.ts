import { constants, writeFileSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { checkOwnFile } from '../../own-file.ts';
import type { Sink } from '../body/receive.ts';

const BLOCK_BYTES = 1024 * 1024;

/** Flags for a file that several writers write to, each at different offsets. */
const SHARED = constants.O_WRONLY | constants.O_CREAT;

/**
 * Writes a new file, or a range of a shared one, in large blocks. The next block is filled while one is written, which
 * limits memory to two blocks. A file smaller than a block is written with one call.
 */
export class BlockFile implements Sink {
  readonly path: string;
  readonly #onBlock: (block: Buffer) => void;
  readonly #blockBytes: number;
  readonly #shared: boolean;
  #at: number;
  #block: Buffer;
  #spare: Buffer | undefined;
  #filled = 0;
  #size = 0;
  #handle: FileHandle | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;

  /**
   * @param expected - expected bytes
   * @param onBlock - called with all bytes in order, in pieces of a good size for hashing
   * @param at - offset in a shared file; absent: a new file
   */
  constructor(path: string, expected: number, onBlock: (block: Buffer) => void, at?: number) {
    this.path = path;
    this.#shared = at !== undefined;
    this.#at = at ?? 0;
    this.#onBlock = onBlock;
    this.#blockBytes = Math.max(1, Math.min(BLOCK_BYTES, expected));
    this.#block = Buffer.allocUnsafe(this.#blockBytes);
  }

  /** Bytes received so far. */
  get size(): number {
    return this.#size;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#size += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      if (this.#filled === this.#blockBytes) await this.#flush();
      const copied = chunk.copy(this.#block, this.#filled, at);
      this.#filled += copied;
      at += copied;
    }
  }

  /** Resolves when all bytes are in the file. */
  async finish(): Promise<void> {
    if (this.#handle === undefined && !this.#shared) {
      const whole = this.#block.subarray(0, this.#filled);
      this.#onBlock(whole);
      writeFileSync(this.path, whole, { flag: 'wx', mode: 0o600 });
      return;
    }
    await this.#flush();
    await this.#settled();
    await this.#handle?.close();
  }

  /** Deletes a new file. A shared file is kept for its other writers. */
  async discard(): Promise<void> {
    await this.#writing;
    await this.#handle?.close().catch(() => undefined);
    if (!this.#shared) await rm(this.path, { force: true });
  }

  async #flush(): Promise<void> {
    const full = this.#block.subarray(0, this.#filled);
    this.#onBlock(full);
    await this.#settled();
    if (this.#handle === undefined && this.#shared) checkOwnFile(this.path);
    this.#handle ??= await open(this.path, this.#shared ? SHARED : 'wx', 0o600);
    this.#writing = writeAll(this.#handle, full, this.#at).catch((error: unknown) => {
      this.#failure = error;
    });
    this.#at += full.length;
    const next = this.#spare ?? Buffer.allocUnsafe(this.#blockBytes);
    this.#spare = this.#block;
    this.#block = next;
    this.#filled = 0;
  }

  async #settled(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }
}

async function writeAll(handle: FileHandle, block: Buffer, to: number): Promise<void> {
  for (let at = 0; at < block.length; ) {
    at += (await handle.write(block, at, block.length - at, to + at)).bytesWritten;
  }
}
