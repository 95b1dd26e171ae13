/** What the embedded Lambda and the process that runs a function say to each other, as JSON over Node's IPC channel. */

/** Sent once, first. */
export interface Start {
  readonly type: 'start';
  /** The text of `index.js`. */
  readonly code: string;
  /** Such as `index.handler`. */
  readonly handler: string;
  /** Such as `nodejs24.x`. */
  readonly runtime: string;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly functionArn: string;
  /** MB */
  readonly memorySize: number;
  /** The whole of `process.env` as the function sees it. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface InvokeEvent {
  readonly type: 'invoke';
  readonly requestId: string;
  /** The event as JSON. */
  readonly event: string;
  /** Milliseconds since the epoch at which the function is stopped. */
  readonly deadline: number;
}

/** The answer to a request that the function's code makes. */
export type NetworkReply =
  | {
      readonly type: 'answered';
      readonly id: number;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** base64 */
      readonly body: string;
    }
  | { readonly type: 'unanswered'; readonly id: number; readonly code: string; readonly message: string };

export type ToSandbox = Start | InvokeEvent | NetworkReply;

export interface NetworkRequest {
  readonly type: 'request';
  readonly id: number;
  readonly method: string;
  /** Host name without port. */
  readonly host: string;
  /** Path and query as on the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** base64 */
  readonly body: string;
}

export interface Failure {
  readonly type: 'failed';
  readonly errorType: string;
  readonly message: string;
  /** The process ends itself after this. */
  readonly fatal?: true;
}

export type FromSandbox =
  /** The code was loaded and its handler found; before it, `failed` tells why not. */
  | { readonly type: 'ready' }
  /** The handler's result as JSON. */
  | { readonly type: 'returned'; readonly result: string }
  | Failure
  | NetworkRequest;
