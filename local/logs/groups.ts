import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError } from '../wire/errors.ts';

/**
 * What a copy of an edge function writes goes to a group named after the function's home:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html
 */
const PREFIX = '/aws/lambda/us-east-1.';

export interface LogEvent {
  readonly id: string;
  /** Milliseconds. */
  readonly timestamp: number;
  /** Without the newline at its end. */
  readonly message: string;
}

/** How a line of the runtime begins: time, request id, level. What does not begin so goes on with the line before. */
const BEGINNING = /^(\d{4}-\d{2}-\d{2}T[\d:.]+Z)\t/;

/** The log groups of the functions that have written something, on the files that Lambda keeps. */
export class LogGroups {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Names with their bytes, sorted. */
  list(): { name: string; bytes: number }[] {
    return this.#files()
      .filter((file) => file.endsWith('.log'))
      .sort()
      .map((file) => ({
        name: `${PREFIX}${file.slice(0, -'.log'.length)}`,
        bytes: statSync(join(this.#folder, file)).size,
      }));
  }

  /** Oldest first. @throws AwsError `ResourceNotFoundException` */
  events(name: string): LogEvent[] {
    const path = this.#path(name);
    const text = [`${path}.1`, path].map(readIfThere).join('');
    const events: LogEvent[] = [];
    for (const line of text.split('\n')) {
      const at = BEGINNING.exec(line)?.[1];
      const last = events.at(-1);
      if (at !== undefined) events.push({ id: '', timestamp: Date.parse(at), message: line });
      else if (last !== undefined && line !== '') {
        events[events.length - 1] = { ...last, message: `${last.message}\n${line}` };
      }
    }
    return withIds(events).sort((one, other) => one.timestamp - other.timestamp);
  }

  /** @throws AwsError `ResourceNotFoundException` */
  delete(name: string): void {
    const path = this.#path(name);
    for (const file of [path, `${path}.1`]) rmSync(file, { force: true });
  }

  #path(name: string): string {
    const file = name.startsWith(PREFIX) ? `${name.slice(PREFIX.length)}.log` : '';
    if (this.#files().includes(file)) return join(this.#folder, file);
    throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
  }

  #files(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** An id stays the same when the file is set aside; lines that are the same in all are told apart by their order. */
function withIds(events: readonly LogEvent[]): LogEvent[] {
  const seen = new Map<string, number>();
  return events.map((event) => {
    const nth = seen.get(event.message) ?? 0;
    seen.set(event.message, nth + 1);
    const id = createHash('sha256').update(`${nth}\n${event.message}`).digest('hex').slice(0, 32);
    return { ...event, id };
  });
}
