import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ifThere } from '../state.ts';
import { AppendFiles, aside } from './append-files.ts';

export interface LogEvent {
  /** 56 digits, as AWS's are; they sort as the events were written. */
  readonly id: string;
  readonly stream: string;
  /** Of writing, which here is of ingestion too; milliseconds. */
  readonly timestamp: number;
  readonly message: string;
}

export interface StreamSummary {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** Bytes after which a stream's file is set aside, and what was set aside before goes. */
const STREAM_LIMIT = 4 * 1024 * 1024;
/** The newest streams of a group that are kept. */
const STREAMS = 50;

const FILE = '.ndjson';

/** Log groups on disk: a folder for each, in it a file of events for each stream. A group comes to be with its first event. */
export class LogStore {
  readonly #folder: string;
  readonly #now: () => Date;
  /** Tells this process's events from those of another that wrote in the same millisecond. */
  readonly #mark = Array.from({ length: 30 }, () => randomInt(10)).join('');
  readonly #files = new AppendFiles();
  #count = 0;

  constructor(folder: string, now: () => Date) {
    this.#folder = folder;
    this.#now = now;
  }

  append(group: string, stream: string, message: string): void {
    const folder = this.#groupFolder(group);
    const path = join(folder, `${encodeURIComponent(stream)}${FILE}`);
    if (!this.#files.isOpen(path) && !existsSync(path)) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#dropOldest(folder);
    }
    this.#count += 1;
    const timestamp = this.#now().getTime();
    const id = `${String(timestamp).padStart(14, '0')}${String(this.#count).padStart(12, '0')}${this.#mark}`;
    this.#files.append(path, `${JSON.stringify({ id, timestamp, message })}\n`, STREAM_LIMIT);
  }

  /** Lets go of the files that are written to; the next event opens its own again. */
  close(): void {
    this.#files.close(() => true);
  }

  /** Names with their bytes, sorted. */
  groups(): { readonly name: string; readonly bytes: number; readonly created: number }[] {
    return entries(this.#folder)
      .map(decodeURIComponent)
      .sort()
      .map((name) => {
        const folder = this.#groupFolder(name);
        const bytes = entries(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
        return { name, bytes, created: Math.min(...this.#streams(name).map(({ first }) => first)) };
      });
  }

  /** Sorted by name; `undefined` where there is no such group. */
  streams(group: string): StreamSummary[] | undefined {
    return this.#has(group) ? this.#streams(group) : undefined;
  }

  /**
   * Of some of a group's streams, oldest first; `undefined` where there is no such group. What is older than `since`
   * (milliseconds) may be left out: files that were not written to after it are not even read.
   */
  events(group: string, isWanted: (stream: string) => boolean, since = 0): LogEvent[] | undefined {
    if (!this.#has(group)) return undefined;
    return this.#streamNames(group)
      .filter(isWanted)
      .flatMap((stream) => this.#read(group, stream, since))
      .sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** @returns whether there was such a group */
  delete(group: string): boolean {
    if (!this.#has(group)) return false;
    const folder = this.#groupFolder(group);
    this.#files.close((path) => path.startsWith(join(folder, '/')));
    rmSync(folder, { recursive: true, force: true });
    return true;
  }

  #has(group: string): boolean {
    return entries(this.#folder).includes(encodeURIComponent(group));
  }

  #groupFolder(group: string): string {
    return join(this.#folder, encodeURIComponent(group));
  }

  #streamNames(group: string): string[] {
    return entries(this.#groupFolder(group))
      .filter((file) => file.endsWith(FILE))
      .map((file) => decodeURIComponent(file.slice(0, -FILE.length)))
      .sort();
  }

  #streams(group: string): StreamSummary[] {
    return this.#streamNames(group).flatMap((name) => {
      const events = this.#read(group, name);
      const [first, last] = [events[0], events.at(-1)];
      return first === undefined || last === undefined
        ? []
        : [{ name, first: first.timestamp, last: last.timestamp }];
    });
  }

  #read(group: string, stream: string, since = 0): LogEvent[] {
    const path = join(this.#groupFolder(group), `${encodeURIComponent(stream)}${FILE}`);
    const files = [aside(path), path].filter((file) => writtenAfter(file, since));
    const lines = files.flatMap((file) => readIfThere(file).split('\n'));
    return lines.flatMap((line) => {
      // The last line of a killed process may be half of one.
      if (!line.endsWith('}')) return [];
      return [{ ...(JSON.parse(line) as Omit<LogEvent, 'stream'>), stream }];
    });
  }

  /** Makes room for one stream more. */
  #dropOldest(folder: string): void {
    const age = (file: string) => statSync(join(folder, file)).mtimeMs;
    const files = entries(folder)
      .filter((file) => file.endsWith(FILE))
      .sort((one, other) => age(one) - age(other));
    for (const file of files.slice(0, Math.max(0, files.length - STREAMS + 1))) {
      const path = join(folder, file);
      this.#files.close((open) => open === path);
      for (const gone of [path, aside(path)]) rmSync(gone, { force: true });
    }
  }
}

/** File systems keep times less exactly than clocks. */
const INEXACT_MS = 2000;

function writtenAfter(file: string, time: number): boolean {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat !== undefined && stat.mtimeMs + INEXACT_MS >= time;
}

function entries(folder: string): string[] {
  return ifThere(() => readdirSync(folder), []);
}

function readIfThere(path: string): string {
  return ifThere(() => readFileSync(path, 'utf8'), '');
}
