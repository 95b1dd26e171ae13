import type { Readable } from 'node:stream';
import type { InUse } from './command-line.ts';
import type { ExitCode } from './errors.ts';
import type { OpenKeyring } from './identity/tokens/keyring.ts';
import type { JsonValue } from './json-value.ts';
import type { SentCredentials } from './sent-credentials.ts';
import type { OutputStream, Text } from './ui/shown.ts';
import type { JobControl, Ui } from './ui/ui.ts';

export type InputStream = Readable & { isTTY?: boolean; setRawMode?: (mode: boolean) => unknown };

/** The options of every command. */
export interface GlobalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
  /** Whether terminals are written in colour. */
  readonly color: boolean;
  /** `--stack-name`, else `EDGE_UPLOAD_STACK`. Absent: the command finds the deployment itself. */
  readonly stackName?: string;
}

/** Everything from outside that a command uses. */
export interface Context {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly cwd: string;
  /** The home folder; not an absolute path where there is none. See {@link findFolder}. */
  readonly home: string;
  /** The running Node program, which also starts the embedded cloud. */
  readonly execPath: string;
  readonly now: () => Date;
  /** The operating system's keyring; absent: tokens are kept without one. */
  readonly keyring?: OpenKeyring;
  readonly options: GlobalOptions;
  readonly ui: Ui;
  /** The credentials to remove from everything that the command prints. */
  readonly sent: SentCredentials;
  /** Set by the code that finds the deployment, for the commands that are printed. */
  readonly inUse: InUse;
  /** Absent if the process cannot be stopped from its terminal. */
  readonly jobControl?: JobControl;
  /** Aborted by the first Ctrl-C or SIGTERM. The command then cleans up, and prints how to continue. */
  readonly signal: AbortSignal;
}

/** The result of a command: a JSON document, and lines of text for stdout. */
export interface Result {
  readonly document: { [name: string]: JsonValue | undefined };
  /** A string is one line, a list several. Absent: nothing is printed to stdout. */
  readonly text?: Text;
  /** A warning to print if stdout cannot be written: the result contains a secret that is shown only once. */
  readonly ifUnprinted?: Text;
  /** Set if a command finished although part of its work failed (`put` of many files). */
  readonly exitCode?: ExitCode;
}

export type Command<Args> = (context: Context, args: Args) => Promise<Result>;
