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

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html#BasicDistributionFileFormat */
const FIELDS = [
  ...[
    'date',
    'time',
    'x-edge-location',
    'sc-bytes',
    'c-ip',
    'cs-method',
    'cs(Host)',
    'cs-uri-stem',
    'sc-status',
  ],
  ...[
    'cs(Referer)',
    'cs(User-Agent)',
    'cs-uri-query',
    'cs(Cookie)',
    'x-edge-result-type',
    'x-edge-request-id',
  ],
  ...[
    'x-host-header',
    'cs-protocol',
    'cs-bytes',
    'time-taken',
    'x-forwarded-for',
    'ssl-protocol',
    'ssl-cipher',
  ],
  ...['x-edge-response-result-type', 'cs-protocol-version', 'fle-status', 'fle-encrypted-fields', 'c-port'],
  ...[
    'time-to-first-byte',
    'x-edge-detailed-result-type',
    'sc-content-type',
    'sc-content-len',
    'sc-range-start',
  ],
  'sc-range-end',
] as const;

const LOG_HEAD = `#Version: 1.0\n#Fields: ${FIELDS.join(' ')}\n`;

/** Encodes characters that a field cannot contain, such as tabs and line breaks, as CloudFront does. */
function field(value: string | undefined): string {
  if (value === undefined || value === '') return '-';
  // Existing percent-encoding is kept.
  return encodeURI(value).replaceAll('%25', '%');
}

/**
 * Formats a standard log line for a request that ended at `endedAt`. Cookies are omitted because `IncludeCookies` is not
 * supported; Authorization has no field.
 * @param domainName of the distribution
 */
function logLine(served: ServedRequest, endedAt: Date, domainName: string): string {
  const { response, headers } = served;
  const [date = '', time = ''] = endedAt.toISOString().split(/[T.]/);
  const [stem = '', query] = served.target.split(/\?(.*)/s);
  const sent = (name: string) => response.headers.find(([given]) => given.toLowerCase() === name)?.[1];
  const result = sent('x-cache')?.split(' ')[0];
  const values: Record<(typeof FIELDS)[number], string | undefined> = {
    date,
    time,
    'x-edge-location': sent('x-amz-cf-pop'),
    'sc-bytes': String(served.sentBytes),
    'c-ip': served.clientIp,
    'cs-method': served.method,
    'cs(Host)': domainName,
    'cs-uri-stem': stem,
    'sc-status': String(response.status),
    'cs(Referer)': headers.referer,
    'cs(User-Agent)': headers['user-agent'],
    'cs-uri-query': query,
    'cs(Cookie)': undefined,
    'x-edge-result-type': result,
    'x-edge-request-id': sent('x-amz-cf-id'),
    'x-host-header': headers.host,
    'cs-protocol': 'https',
    'cs-bytes': String(served.receivedBytes),
    'time-taken': served.timeTaken.toFixed(3),
    'x-forwarded-for': headers['x-forwarded-for']?.toString(),
    'ssl-protocol': served.tlsProtocol,
    'ssl-cipher': served.tlsCipher,
    'x-edge-response-result-type': result,
    'cs-protocol-version': `HTTP/${served.httpVersion}`,
    'fle-status': undefined,
    'fle-encrypted-fields': undefined,
    'c-port': String(served.clientPort),
    'time-to-first-byte': served.timeToFirstByte.toFixed(3),
    'x-edge-detailed-result-type': result,
    'sc-content-type': sent('content-type'),
    'sc-content-len': sent('content-length'),
    'sc-range-start': undefined,
    'sc-range-end': undefined,
  };
  return `${FIELDS.map((name) => field(values[name])).join('\t')}\n`;
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
