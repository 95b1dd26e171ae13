import type { PrintedEvent, UiEvent } from './events.ts';
import type { OutputStream } from './shown.ts';

export interface Question {
  /** Ends without punctuation, such as `New password`. */
  readonly prompt: string;
  /** The flag or variable that answers it where nobody can be asked, such as `--username`. */
  readonly flag: string;
  /** The answer is not shown while typed. */
  readonly secret?: boolean;
  /** The reason why an answer will not do, or `undefined` when it will; asked again until it does. */
  readonly reject?: (answer: string) => string | undefined;
}

/** The one seam between the work and the screen. */
export interface Ui {
  event(event: UiEvent): void;
  /** True where a person can be asked: both standard input and standard error are terminals, and no `--json`. */
  readonly interactive: boolean;
  /** Asks; without a person: a usage error that names the flag, at once. */
  ask(question: Question): Promise<string>;
  /** A yes/no question whose default is no; without a person: a usage error that names `flag`. */
  confirm(prompt: string, flag: string): Promise<boolean>;
  /** Ends whatever is being drawn, so that what follows starts on a line of its own. */
  close(): void;
}

export interface RendererOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly now: () => Date;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/** What is on a terminal, and must leave it as it was while the shell has it. */
export interface OnTerminal {
  /** Before the process is stopped. */
  suspend(): void;
  /** Once it continues, or whatever stopped it did so unseen: the shell has used the terminal meanwhile. */
  resume(): void;
}

/** Ctrl-Z and `fg`. */
export interface JobControl {
  /** @returns ends the watching */
  watch(shown: OnTerminal): () => void;
  /** Stops this process and those that were started with it, as the terminal does for Ctrl-Z outside of raw mode. */
  stop(): void;
}

/** Writes events, whole or redrawn. */
export interface Renderer extends OnTerminal {
  event(event: PrintedEvent): void;
  close(): void;
}
