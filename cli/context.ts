import type { Readable } from 'node:stream';
import type { InUse } from './command-line.ts';
import type { ExitCode } from './errors.ts';
import type { OpenKeyring } from './identity/tokens/keyring.ts';
import type { JsonValue } from './json-value.ts';
import type { SentCredentials } from './sent-credentials.ts';
import type { OutputStream, Text } from './ui/shown.ts';
import type { JobControl, Ui } from './ui/ui.ts';

export type InputStream = Readable & { isTTY?: boolean; setRawMode?: (mode: boolean) => unknown };

/** The options every command takes. */
export interface GlobalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
  /** Whether terminals are written in colour. */
  readonly color: boolean;
  /** `--stack-name`, else `EDGE_UPLOAD_STACK`; absent: what the command finds by itself. */
  readonly stackName?: string;
}

/** Everything a command is given of the world around it. */
export interface Context {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly cwd: string;
  /** The home folder; not an absolute path where there is none. See {@link findFolder}. */
  readonly home: string;
  /** The Node program that runs this, for starting the embedded cloud with the same one. */
  readonly execPath: string;
  readonly now: () => Date;
  /** The operating system's keyring; absent: tokens are kept without one. */
  readonly keyring?: OpenKeyring;
  readonly options: GlobalOptions;
  readonly ui: Ui;
  /** What is removed from everything that the command prints. */
  readonly sent: SentCredentials;
  /** Set by what finds the deployment, for the commands that are printed. */
  readonly inUse: InUse;
  /** Absent where a process cannot be stopped from its terminal. */
  readonly jobControl?: JobControl;
  /** Aborted by the first Ctrl-C or SIGTERM; a command then ends cleanly and says how to go on. */
  readonly signal: AbortSignal;
}

/** What a command did, for both readers: one JSON document, or lines of text on stdout. */
export interface Result {
  readonly document: { [name: string]: JsonValue | undefined };
  /** A string is one line, a list several; absent: nothing to say on stdout. */
  readonly text?: Text;
  /** Set where the command finished its work although part of it failed (`put` of many files). */
  readonly exitCode?: ExitCode;
}

export type Command<Args> = (context: Context, args: Args) => Promise<Result>;
