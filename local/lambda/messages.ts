import type { Facts } from './guest/globals/process.ts';
import type { Constants } from './guest/modules.ts';

/**
 * Messages between the embedded Lambda and the process that runs a function: a line each, a word for its kind and JSON.
 * To the process on its standard input: `start <Start>`, `invoke <id> <deadline> <event>`, `reply <NetworkReply>`. From it
 * on descriptor 3: `booted`, `ready`, `returned <result>`, `failed <Failure>`, `fatal <Failure>`, `request <NetworkRequest>`.
 */

/** The first message, sent once. Only the outer realm reads it. */
export interface Start {
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
  /** The complete `process.env` of the function. */
  readonly environment: Readonly<Record<string, string>>;
  readonly facts: Facts;
  readonly constants: Constants;
}

export interface InvokeEvent {
  readonly requestId: string;
  /** The event as JSON. */
  readonly event: string;
  /** Milliseconds since the epoch at which the function is stopped. */
  readonly deadline: number;
}

/** The response to a request of the function's code. */
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

export interface NetworkRequest {
  readonly id: number;
  readonly method: string;
  /** Scheme, host and port, such as `https://example.com:8443`. */
  readonly origin: string;
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
}

/** How one event ended. */
export type Outcome =
  /** The handler's result as JSON. */
  { readonly type: 'returned'; readonly result: string } | Failure;

/** How one invocation of a Lambda@Edge function ended. */
export type Invocation =
  | { readonly outcome: 'returned'; readonly value: unknown }
  /** It threw, rejected, could not be initialised, or ran out of memory. */
  | { readonly outcome: 'failed'; readonly errorType: string; readonly message: string }
  | { readonly outcome: 'timed-out'; readonly seconds: number };

/** Runs one published version, named by its ARN (`…:function:<name>:<version>`), on one event. */
export type Invoke = (versionArn: string, event: unknown) => Promise<Invocation>;
