import type { PrintedEvent, UiEvent } from './events.ts';
import type { OutputStream } from './shown.ts';

export interface Question {
  /** Without punctuation at the end, such as `New password`. */
  readonly prompt: string;
  /** The flag or variable to use without a terminal, such as `--username`. */
  readonly flag: string;
  /** Whether the answer is hidden while it is typed. */
  readonly secret?: boolean;
  /** Returns why an answer is invalid; `undefined` for a valid one. Invalid answers are asked again. */
  readonly reject?: (answer: string) => string | undefined;
}

/** The interface between commands and the screen. */
export interface Ui {
  event(event: UiEvent): void;
  /** Whether questions can be asked: standard input and standard error are terminals, and `--json` is not given. */
  readonly interactive: boolean;
  /** Asks a question. Without a terminal: a usage error that names the flag. */
  ask(question: Question): Promise<string>;
  /** Asks a yes/no question whose default is no. Without a terminal: a usage error that names `flag`. */
  confirm(prompt: string, flag: string): Promise<boolean>;
  /** Ends the block that is being drawn, so that other output begins on a new line. */
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

/** Something drawn on a terminal, which must be cleared while the shell has the terminal. */
export interface OnTerminal {
  /** Called before the process is stopped. */
  suspend(): void;
  /** Called once the process continues. The shell has used the terminal in between. */
  resume(): void;
}

/** Ctrl-Z and `fg`. */
export interface JobControl {
  /** @returns a function that ends the watching */
  watch(shown: OnTerminal): () => void;
  /** Stops this process and its children, as the terminal does for Ctrl-Z outside of raw mode. */
  stop(): void;
}

/** Writes events, as whole lines or redrawn. */
export interface Renderer extends OnTerminal {
  event(event: PrintedEvent): void;
  close(): void;
}
