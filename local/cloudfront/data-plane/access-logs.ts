import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import { domainName, type StoredDistribution } from '../model.ts';
import type { ViewerResponse } from './viewer-response.ts';

/** One served request, measured at the edge. */
export interface ServedRequest {
  readonly response: ViewerResponse;
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** By lower-case name, as the viewer sent them. */
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
  readonly clientIp: string;
  readonly clientPort: number;
  readonly tlsProtocol: string | undefined;
  readonly tlsCipher: string | undefined;
  /** Bytes, including request or response heads. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Seconds. */
  readonly timeToFirstByte: number;
  readonly timeTaken: number;
}

interface Entry extends ServedRequest {
  readonly endedAt: Date;
  /** Of the distribution. */
  readonly domainName: string;
}

const sent = ({ response }: Entry, name: string) =>
  response.headers.find(([given]) => given.toLowerCase() === name)?.[1];
const result = (entry: Entry) => sent(entry, 'x-cache')?.split(' ')[0];

/**
 * The fields of a standard log. Cookies are omitted because `IncludeCookies` is not supported; Authorization has no field.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html#BasicDistributionFileFormat
 */
const FIELDS: readonly (readonly [name: string, value: (entry: Entry) => string | number | undefined])[] = [
  ['date', ({ endedAt }) => endedAt.toISOString().slice(0, 10)],
  ['time', ({ endedAt }) => endedAt.toISOString().slice(11, 19)],
  ['x-edge-location', (entry) => sent(entry, 'x-amz-cf-pop')],
  ['sc-bytes', ({ sentBytes }) => sentBytes],
  ['c-ip', ({ clientIp }) => clientIp],
  ['cs-method', ({ method }) => method],
  ['cs(Host)', (entry) => entry.domainName],
  ['cs-uri-stem', ({ target }) => target.split('?', 1)[0]],
  ['sc-status', ({ response }) => response.status],
  ['cs(Referer)', ({ headers }) => headers.referer],
  ['cs(User-Agent)', ({ headers }) => headers['user-agent']],
  ['cs-uri-query', ({ target }) => target.split(/\?(.*)/s)[1]],
  ['cs(Cookie)', () => undefined],
  ['x-edge-result-type', result],
  ['x-edge-request-id', (entry) => sent(entry, 'x-amz-cf-id')],
  ['x-host-header', ({ headers }) => headers.host],
  ['cs-protocol', () => 'https'],
  ['cs-bytes', ({ receivedBytes }) => receivedBytes],
  ['time-taken', ({ timeTaken }) => timeTaken.toFixed(3)],
  ['x-forwarded-for', ({ headers }) => headers['x-forwarded-for']?.toString()],
  ['ssl-protocol', ({ tlsProtocol }) => tlsProtocol],
  ['ssl-cipher', ({ tlsCipher }) => tlsCipher],
  ['x-edge-response-result-type', result],
  ['cs-protocol-version', ({ httpVersion }) => `HTTP/${httpVersion}`],
  ['fle-status', () => undefined],
  ['fle-encrypted-fields', () => undefined],
  ['c-port', ({ clientPort }) => clientPort],
  ['time-to-first-byte', ({ timeToFirstByte }) => timeToFirstByte.toFixed(3)],
  ['x-edge-detailed-result-type', result],
  ['sc-content-type', (entry) => sent(entry, 'content-type')],
  ['sc-content-len', (entry) => sent(entry, 'content-length')],
  ['sc-range-start', () => undefined],
  ['sc-range-end', () => undefined],
];

const LOG_HEAD = `#Version: 1.0\n#Fields: ${FIELDS.map(([name]) => name).join(' ')}\n`;

/** Encodes characters that a field cannot contain, such as tabs and line breaks, as CloudFront does. */
function encoded(value: string | number | undefined): string {
  if (value === undefined || value === '') return '-';
  // Existing percent-encoding is kept.
  return encodeURI(String(value)).replaceAll('%25', '%');
}

function logLine(entry: Entry): string {
  return `${FIELDS.map(([, value]) => encoded(value(entry))).join('\t')}\n`;
}

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

  add(distribution: StoredDistribution, served: ServedRequest): void {
    const now = this.#now();
    const file = `${distribution.id}.${now.toISOString().slice(0, 13).replace('T', '-')}`;
    const kept = this.#lines.get(file) ?? { distribution, lines: [] };
    kept.lines.push(logLine({ ...served, endedAt: now, domainName: domainName(distribution.port) }));
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
