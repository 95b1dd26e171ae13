import type { SystemLogLevel } from './logs/log-lines-json.ts';

/** Runtimes that the sandbox stands for; it runs on whichever Node runs the embedded cloud. */
export const RUNTIMES = ['nodejs20.x', 'nodejs22.x', 'nodejs24.x'] as const;
type Runtime = (typeof RUNTIMES)[number];

export const APPLICATION_LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
type ApplicationLogLevel = (typeof APPLICATION_LOG_LEVELS)[number];

/** What a function is made of, apart from its name; the same in `$LATEST` and in each published version. */
export interface Configuration {
  readonly runtime: Runtime;
  readonly handler: string;
  readonly roleArn: string;
  readonly description: string;
  /** MB */
  readonly memorySize: number;
  /** Seconds */
  readonly timeout: number;
  readonly architecture: 'x86_64' | 'arm64';
  /** MB of `/tmp`, which functions of the embedded Lambda cannot use. */
  readonly ephemeralStorage: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFormat: 'Text' | 'JSON';
  /** With the format JSON alone; absent for INFO. */
  readonly applicationLogLevel?: ApplicationLogLevel;
  readonly systemLogLevel?: SystemLogLevel;
  readonly logGroup: string;
}

/** Code and configuration at one moment. */
export interface Snapshot {
  readonly configuration: Configuration;
  /** Base64 SHA-256 of `index.js`: AWS's is that of a zip file, whose bytes nobody can foretell. */
  readonly codeSha256: string;
  /** Bytes of `index.js`. */
  readonly codeSize: number;
  /** URLs of the key sets that the code is allowed to fetch; absent in records of older versions of this program. */
  readonly keySets?: readonly string[];
  /** ISO 8601 */
  readonly lastModified: string;
  readonly revisionId: string;
}

export interface PublishedVersion extends Snapshot {
  readonly version: string;
  /** Which `create` made it, so that the same one repeated finds it. */
  readonly creator: string;
}

export interface FunctionRecord {
  readonly name: string;
  readonly creator: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly latest: Snapshot;
  /** Oldest first. */
  readonly versions: readonly PublishedVersion[];
  /** Numbers are not used twice, whatever was deleted. */
  readonly lastVersion: number;
}
