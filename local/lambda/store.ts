import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { JsonFile } from '../json-file.ts';
import { deleteUnused, readOwnFile, replaceFile } from '../own-file.ts';
import type { FunctionRecord } from './model.ts';

/** Functions on disk: `<dir>/<name>/function.json`, with each version of its code in `<hash>.js`. */
export class FunctionStore {
  readonly #dir: string;
  /** Cached, because every invocation reads them. */
  readonly #records = new Map<string, FunctionRecord>();

  constructor(dir: string) {
    this.#dir = dir;
    for (const name of folders(dir)) {
      const record = this.#file(name).read();
      if (record === undefined) deleteUnused(join(dir, name));
      else {
        this.#records.set(name, record);
        this.#deleteUnused(record);
      }
    }
  }

  find(name: string): FunctionRecord | undefined {
    return this.#records.get(name);
  }

  /** By name. */
  list(): FunctionRecord[] {
    return [...this.#records.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Also deletes code that the function no longer has. */
  save(record: FunctionRecord): void {
    this.#file(record.name).write(record);
    this.#records.set(record.name, record);
    this.#deleteUnused(record);
  }

  /** The record is deleted first. Code without a record is unused; a record without code would be a broken function. */
  remove(name: string): void {
    this.#file(name).remove();
    this.#records.delete(name);
    deleteUnused(join(this.#dir, name));
  }

  /** Stores a function's code before its record refers to it. Returns the code's base64 SHA-256. */
  saveCode(name: string, code: string): string {
    const sha256 = createHash('sha256').update(code).digest('base64');
    const path = this.#codePath(name, sha256);
    mkdirSync(join(this.#dir, name), { recursive: true, mode: 0o700 });
    replaceFile(path, code);
    return sha256;
  }

  code(name: string, sha256: string): string {
    const path = this.#codePath(name, sha256);
    const code = readOwnFile(path);
    if (code === undefined) throw new Error(`${path} is missing`);
    return code.toString();
  }

  #deleteUnused({ name, latest, versions }: FunctionRecord): void {
    const used = new Set([latest, ...versions].map(({ codeSha256 }) => codeFile(codeSha256)));
    for (const file of readdirSync(join(this.#dir, name))) {
      if (file.endsWith('.js') && !used.has(file)) deleteUnused(join(this.#dir, name, file));
    }
  }

  #file(name: string): JsonFile<FunctionRecord> {
    return new JsonFile(join(this.#dir, name, 'function.json'));
  }

  #codePath(name: string, sha256: string): string {
    return join(this.#dir, name, codeFile(sha256));
  }
}

function codeFile(sha256: string): string {
  return `${Buffer.from(sha256, 'base64').toString('hex')}.js`;
}

function folders(dir: string): string[] {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
