import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { domainName } from '../domain-name.ts';
import type { StoredDistribution } from '../model.ts';
import { LOG_HEAD, logLine, type Served } from './access-log-line.ts';

/** Buckets that logs can be delivered to. */
export interface LogSink {
  /** CloudFront's reason why a host name is not a bucket for logs; `undefined` if it is one. */
  problem(bucketHost: string): string | undefined;
  /** Does nothing if the bucket no longer exists. */
  deliver(bucketHost: string, key: string, body: Buffer): void;
}

/** CloudFront delivers after minutes to hours. This delay is short, but long enough for requests to share a file. */
const DELIVER_AFTER_MS = 1_000;

/** Collects lines and delivers them as standard logs, grouped by hour. A crash loses undelivered lines. */
export class AccessLogs {
  readonly #sink: LogSink;
  readonly #lines = new Map<string, { distribution: StoredDistribution; lines: string[] }>();
  readonly #now: () => Date;
  readonly #onDefect: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { sink: LogSink; now: () => Date; onDefect: (error: unknown) => void }) {
    this.#sink = options.sink;
    this.#now = options.now;
    this.#onDefect = options.onDefect;
  }

  add(distribution: StoredDistribution, served: Served): void {
    const now = this.#now();
    const file = `${distribution.id}.${now.toISOString().slice(0, 13).replace('T', '-')}`;
    const kept = this.#lines.get(file) ?? { distribution, lines: [] };
    kept.lines.push(logLine(served, now, domainName(distribution.port)));
    this.#lines.set(file, kept);
    this.#timer ??= setTimeout(() => this.deliver(), DELIVER_AFTER_MS).unref();
  }

  /** `<prefix><distribution>.YYYY-MM-DD-HH.<unique>.gz` */
  deliver(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const files = [...this.#lines];
    this.#lines.clear();
    for (const [file, { distribution, lines }] of files) {
      const { logging } = distribution.config;
      if (logging === undefined) continue;
      const unique = randomBytes(4).toString('hex');
      try {
        const body = gzipSync(LOG_HEAD + lines.join(''));
        this.#sink.deliver(logging.bucketHost, `${logging.prefix}${file}.${unique}.gz`, body);
      } catch (error) {
        this.#onDefect(error);
      }
    }
  }
}
