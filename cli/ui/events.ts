import type { JsonValue } from '../json-value.ts';
import type { PrintedText, Text } from './shown.ts';

/** A part of a streamed result, mostly one line: to stdout as text, or as one JSON line with `--json`. */
export interface Row<T = Text> {
  readonly text: T;
  readonly document: { readonly [name: string]: JsonValue | undefined };
}

/** What the rooms below tell the screen. They never print; each renderer shows an event in its own way or not at all. */
export type UiEvent<T = Text> =
  /** A named piece of work: begun, gone on with, and ended. Tasks may overlap; `task` is both key and title. */
  | { readonly type: 'task-started'; readonly task: string }
  | { readonly type: 'task-progress'; readonly task: string; readonly detail: string }
  | { readonly type: 'task-done'; readonly task: string; readonly detail?: string }
  | { readonly type: 'task-failed'; readonly task: string; readonly detail?: string }
  /** One change of one resource of the stack, as CloudFormation reported it. */
  | {
      readonly type: 'resource';
      readonly logicalId: string;
      readonly resourceType: string;
      readonly status: string;
      readonly reason?: string;
      readonly at: Date;
    }
  | TransferEvent
  | ({ readonly type: 'row' } & Row<T>)
  /** Many rows, written together. */
  | { readonly type: 'rows'; readonly rows: readonly Row<T>[] }
  /** A chapter of a longer story, and a line below it. */
  | { readonly type: 'heading'; readonly text: string; readonly below?: string }
  | { readonly type: 'note'; readonly text: T }
  /** What somebody needs for the answer that is waited for; shown with `--quiet` too. */
  | { readonly type: 'instruction'; readonly text: T }
  | { readonly type: 'warning'; readonly text: T }
  /** Shown with `--debug` only. Never a token, a password, or a part of one. */
  | { readonly type: 'debug'; readonly text: T };

/** Where an upload stands; sent several times a second while bytes move. */
export interface TransferEvent {
  readonly type: 'transfer';
  /**
   * Bytes sent so far, of all files; bytes found already stored by a resumed upload are in it too. It falls only by what is to
   * be sent again.
   */
  readonly bytes: number;
  /** Absent while sources are still being found, and for standard input. */
  readonly totalBytes?: number;
  /** Bytes read from standard input so far. */
  readonly readBytes?: number;
  readonly filesDone: number;
  readonly totalFiles?: number;
  /** Bytes a second over the last seconds. */
  readonly rate: number;
  /** What waits for another try after a failure of the network: one live line, however many there are. */
  readonly trouble?: { readonly count: number; readonly noun: 'part' | 'file' };
  readonly active: readonly { readonly name: string; readonly bytes: number; readonly size?: number }[];
}

/** An event whose commands say what they are about. */
export type PrintedEvent = UiEvent<PrintedText>;
