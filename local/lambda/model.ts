import type { SystemLogLevel } from './logs/log-lines-json.ts';

/** Runtimes that the sandbox accepts. It runs all of them on the Node of the embedded cloud. */
export const RUNTIMES = ['nodejs20.x', 'nodejs22.x', 'nodejs24.x'] as const;
type Runtime = (typeof RUNTIMES)[number];

export const APPLICATION_LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
type ApplicationLogLevel = (typeof APPLICATION_LOG_LEVELS)[number];

/** The configuration of `$LATEST` or of a published version, without the function's name. */
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
  /** Only with the format JSON; absent for INFO. */
  readonly applicationLogLevel?: ApplicationLogLevel;
  readonly systemLogLevel?: SystemLogLevel;
  readonly logGroup: string;
}

/** Code and configuration at one moment. */
export interface Snapshot {
  readonly configuration: Configuration;
  /** Base64 SHA-256 of `index.js`. AWS hashes a zip file, whose bytes are unknown here. */
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
  /** The create request that created it, so that a repeated request finds it. */
  readonly creator: string;
}

export interface FunctionRecord {
  readonly name: string;
  readonly creator: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly latest: Snapshot;
  /** Oldest first. */
  readonly versions: readonly PublishedVersion[];
  /** Version numbers are never used twice, even after a deletion. */
  readonly lastVersion: number;
}
