import type { JsonValue } from '../json-value.ts';
import type { PrintedText, Text } from './shown.ts';

/** A part of a streamed result, usually one line: text on stdout, or one JSON line with `--json`. */
export interface Row<T = Text> {
  readonly text: T;
  readonly document: { readonly [name: string]: JsonValue | undefined };
}

/** What commands report while they run. Each renderer shows an event in its own way, or not at all. */
export type UiEvent<T = Text> =
  /** The start, an update or the end of a task. Tasks can overlap; `task` is both key and title. */
  | { readonly type: 'task-started'; readonly task: string }
  | { readonly type: 'task-progress'; readonly task: string; readonly detail: string }
  | { readonly type: 'task-done'; readonly task: string; readonly detail?: string }
  | { readonly type: 'task-failed'; readonly task: string; readonly detail?: string }
  /** Ctrl-C ended it. What CloudFormation does for it can continue. */
  | { readonly type: 'task-interrupted'; readonly task: string }
  /** A change of one resource of the stack, as CloudFormation reported it. */
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
  /** Several rows, written together. */
  | { readonly type: 'rows'; readonly rows: readonly Row<T>[] }
  /** A heading between the steps of `demo`, with a line below it. */
  | { readonly type: 'heading'; readonly text: string; readonly below?: string }
  | { readonly type: 'note'; readonly text: T }
  /** Information that the user needs to answer the current question; printed even with `--quiet`. */
  | { readonly type: 'instruction'; readonly text: T }
  | { readonly type: 'warning'; readonly text: T }
  /** Printed with `--debug` only. Never contains a token, a password, or a part of one. */
  | { readonly type: 'debug'; readonly text: T };

/** The progress of an upload, several times a second while bytes are sent. */
export interface TransferEvent {
  readonly type: 'transfer';
  /**
   * Bytes sent so far, of all files, including those that a resumed upload had stored already. Decreases if bytes are sent
   * again.
   */
  readonly bytes: number;
  /** Absent while files are still being found, and for standard input. */
  readonly totalBytes?: number;
  /** Bytes read from standard input so far. */
  readonly readBytes?: number;
  readonly filesDone: number;
  readonly totalFiles?: number;
  /** Bytes per second, over the last seconds. */
  readonly rate: number;
  /** Requests that wait for a retry after a network failure: one live line for all of them. */
  readonly trouble?: { readonly count: number; readonly noun: 'part' | 'file' };
  readonly active: readonly { readonly name: string; readonly bytes: number; readonly size?: number }[];
}

/** Returns an event in which commands name the deployment in use. */
export type PrintedEvent = UiEvent<PrintedText>;
