/** An upload that a test requests from the page's engine. */
export interface Order {
  readonly key: string;
  readonly token: string;
  /** Who uploads. An upload of another owner is not resumed. */
  readonly owner?: string;
  /** Bytes after which the upload is aborted. */
  readonly stopAt?: number;
  readonly noClobber?: boolean;
  /** Whether to check the size against the limit in the edge's description. */
  readonly described?: boolean;
  /** Numbers of sent bytes at which the engine reports to the test. */
  readonly tellAt?: readonly number[];
}

/** The result of an upload in the browser. */
export interface Outcome {
  readonly stored?: { readonly key: string; readonly crc32: string };
  readonly error?: { readonly code: string; readonly retryable: boolean };
  /** Bytes that an earlier upload had stored. */
  readonly resumed: number;
  /** States of the upload, in order. */
  readonly states: readonly string[];
  readonly sent: number;
}
