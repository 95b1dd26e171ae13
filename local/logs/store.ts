import { hash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { JsonFile } from '../json-file.ts';
import { ifThere, readOwnFile } from '../own-file.ts';
import { DIGITS, randomText } from '../secrets.ts';
import { AppendFiles, aside } from './append-files.ts';

export interface LogEvent {
  /** 56 digits, as on AWS. Ids sort in the order of writing. */
  readonly id: string;
  readonly stream: string;
  /** Time of writing and of ingestion, milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

export interface StreamSummary {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** The settings of a group. */
export interface GroupSettings {
  /** Milliseconds since the epoch. */
  readonly created?: number;
  /** Days after which events expire; absent for never. */
  readonly retentionInDays?: number;
  /** The create request that created it, so that a repeated request finds it. */
  readonly creator?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** The settings in a file. A group of an earlier version has no name there; its folder's name is the encoded one. */
interface StoredSettings extends GroupSettings {
  readonly name?: string;
}

export interface GroupSummary extends GroupSettings {
  readonly name: string;
  readonly bytes: number;
  readonly created: number;
}

/** Bytes after which a stream starts a new file. One older file is kept. */
const STREAM_LIMIT = 4 * 1024 * 1024;
const MAX_STREAMS = 50;

const FILE = '.ndjson';
const SETTINGS = 'group.json';
const DAY_MS = 86_400_000;

/**
 * Log groups on disk, one folder each, with its settings in `group.json` and a file for each stream. The first event
 * creates its group.
 */
export class LogStore {
  readonly #folder: string;
  readonly #now: () => Date;
  /** Makes ids unique among processes that write in the same millisecond. */
  readonly #mark = randomText(DIGITS, 30);
  readonly #files = new AppendFiles();
  #count = 0;

  constructor(folder: string, now: () => Date) {
    this.#folder = folder;
    this.#now = now;
  }

  append(group: string, stream: string, messages: readonly string[]): void {
    const folder = this.#groupFolder(group);
    const path = join(folder, `${encodeURIComponent(stream)}${FILE}`);
    if (!this.#files.isOpen(path) && !existsSync(path)) {
      if (!this.#has(group)) this.configure(group, {});
      this.#dropOldest(folder);
      this.#dropExpired(group);
    }
    const timestamp = this.#now().getTime();
    let lines = '';
    for (const message of messages) {
      this.#count += 1;
      const id = `${String(timestamp).padStart(14, '0')}${String(this.#count).padStart(12, '0')}${this.#mark}`;
      lines += `${JSON.stringify({ id, timestamp, message })}\n`;
    }
    this.#files.append(path, lines, STREAM_LIMIT);
  }

  /** Closes the open files. The next event opens its file again. */
  close(): void {
    this.#files.close(() => true);
  }

  /** Returns the groups, sorted by name. */
  groups(): GroupSummary[] {
    return entries(this.#folder)
      .map((folder) => this.#nameOf(folder))
      .sort()
      .map((name) => {
        const folder = this.#groupFolder(name);
        const streams = entries(folder).filter((file) => file !== SETTINGS);
        const bytes = streams.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
        const settings = this.settings(name) ?? {};
        const firsts = this.#streams(name).map(({ first }) => first);
        const created = settings.created ?? Math.min(this.#now().getTime(), ...firsts);
        return { ...settings, name, bytes, created };
      });
  }

  /** Returns a group's settings; `undefined` if there is no such group. */
  settings(group: string): GroupSettings | undefined {
    return this.#has(group) ? (this.#settingsFile(group).read() ?? {}) : undefined;
  }

  /** Creates a group, or changes its settings. */
  configure(group: string, settings: GroupSettings): void {
    const created = this.settings(group)?.created ?? this.#now().getTime();
    this.#settingsFile(group).write({ created, ...settings, name: group });
  }

  /** Returns a group's streams, sorted by name; `undefined` if there is no such group. */
  streams(group: string): StreamSummary[] | undefined {
    return this.#has(group) ? this.#streams(group) : undefined;
  }

  /**
   * Returns the events of some streams of a group, oldest first; `undefined` if there is no such group.
   * @param since milliseconds since the epoch. Files that were not written after it are not read.
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
    return entries(this.#folder).includes(folderName(group));
  }

  #nameOf(folder: string): string {
    const settings = new JsonFile<StoredSettings>(join(this.#folder, folder, SETTINGS)).read();
    return settings?.name ?? decodeURIComponent(folder);
  }

  #settingsFile(group: string): JsonFile<StoredSettings> {
    return new JsonFile(join(this.#groupFolder(group), SETTINGS));
  }

  /** Milliseconds since the epoch before which a group's events are expired. */
  #expiry(group: string): number {
    const days = this.settings(group)?.retentionInDays;
    return days === undefined ? 0 : this.#now().getTime() - days * DAY_MS;
  }

  #groupFolder(group: string): string {
    return join(this.#folder, folderName(group));
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
    const expiry = this.#expiry(group);
    const files = [aside(path), path].filter((file) => writtenAfter(file, Math.max(since, expiry)));
    const lines = files.flatMap((file) => (readOwnFile(file)?.toString() ?? '').split('\n'));
    return lines.flatMap((line) => {
      const event = parseLine(line);
      return event === undefined || event.timestamp < expiry ? [] : [{ ...event, stream }];
    });
  }

  /** Deletes the files that contain only expired events. */
  #dropExpired(group: string): void {
    const folder = this.#groupFolder(group);
    const expiry = this.#expiry(group);
    for (const file of entries(folder).filter((name) => name !== SETTINGS)) {
      const path = join(folder, file);
      if (writtenAfter(path, expiry)) continue;
      this.#files.close((open) => open === path);
      rmSync(path, { force: true });
    }
  }

  /** Deletes the oldest streams, so that there is room for a new one. */
  #dropOldest(folder: string): void {
    const age = (file: string) => statSync(join(folder, file)).mtimeMs;
    const files = entries(folder)
      .filter((file) => file.endsWith(FILE))
      .sort((one, other) => age(one) - age(other));
    for (const file of files.slice(0, Math.max(0, files.length - MAX_STREAMS + 1))) {
      const path = join(folder, file);
      this.#files.close((open) => open === path);
      for (const gone of [path, aside(path)]) rmSync(gone, { force: true });
    }
  }
}

/** Returns the folder of a group: its encoded name, or a digest of a name that a folder cannot have. */
function folderName(group: string): string {
  const encoded = encodeURIComponent(group);
  return encoded.length > 255 || /^\.+$/.test(encoded) ? hash('sha256', group) : encoded;
}

/** File systems store times less exactly than clocks report them. */
const INEXACT_MS = 2000;

function writtenAfter(file: string, time: number): boolean {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat !== undefined && stat.mtimeMs + INEXACT_MS >= time;
}

/** Parses a line of a stream's file; `undefined` for an incomplete line that a killed process left. */
function parseLine(line: string): Omit<LogEvent, 'stream'> | undefined {
  try {
    return JSON.parse(line) as Omit<LogEvent, 'stream'>;
  } catch {
    return undefined;
  }
}

function entries(folder: string): string[] {
  return ifThere(() => readdirSync(folder), []);
}
