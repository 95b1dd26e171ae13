/** What a test has the page's engine upload. */
export interface Order {
  readonly key: string;
  readonly token: string;
  /** Who uploads; an upload of somebody else is not resumed. */
  readonly owner?: string;
  /** Aborted once so many bytes are sent. */
  readonly stopAt?: number;
  readonly noClobber?: boolean;
  /** Checks the size by what the edge describes. */
  readonly described?: boolean;
  /** Tells the test once so many bytes are sent. */
  readonly tellAt?: readonly number[];
}

/** What an upload in the browser came to. */
export interface Outcome {
  readonly stored?: { readonly key: string; readonly crc32: string };
  readonly error?: { readonly code: string; readonly message: string; readonly retryable: boolean };
  /** Bytes that an earlier upload had stored. */
  readonly resumed: number;
  /** What the upload did, in order. */
  readonly states: readonly string[];
  readonly sent: number;
}
