import type { Failure, InvokeEvent, Outcome, Start } from '../messages.ts';
import type { Handler } from './handler.ts';
import { Buffer } from './modules/buffer.ts';

/** Largest result, bytes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const RESULT_LIMIT = 6 * 1024 * 1024 + 100;

/** Calls the handler with one event as Lambda's Node.js runtimes do. Never rejects. */
export async function run(handler: Handler, start: Start, message: InvokeEvent): Promise<Outcome> {
  try {
    return returned(await call(handler, start.runtime, JSON.parse(message.event), contextOf(start, message)));
  } catch (error) {
    return failure(error);
  }
}

/** Returns the error type that the runtimes report: the error's name, or the type of a thrown non-error. */
export function failure(error: unknown): Failure {
  return error instanceof Error
    ? { type: 'failed', errorType: String(error.name), message: String(error.message) }
    : { type: 'failed', errorType: typeof error, message: describe(error) };
}

function describe(thrown: unknown): string {
  try {
    return typeof thrown === 'object' ? JSON.stringify(thrown) : String(thrown);
  } catch {
    // A value that cannot be converted to text is reported by its type alone.
    return Object.prototype.toString.call(thrown);
  }
}

/**
 * Up to nodejs22.x, a handler that returns no promise answers through its callback; without a callback parameter its
 * result is null. From nodejs24.x on, the returned value is the result.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 */
async function call(handler: Handler, runtime: string, event: unknown, context: object): Promise<unknown> {
  if (runtime === 'nodejs24.x') return handler(event, context);
  return new Promise((resolve, reject) => {
    const result = handler(event, context, (error, value) => (error ? reject(error) : resolve(value)));
    if (typeof (Object(result) as PromiseLike<unknown>).then === 'function') resolve(result);
    else if (handler.length < 3) resolve(null);
  });
}

function returned(value: unknown): Outcome {
  const result = stringify(value);
  const size = Buffer.byteLength(result);
  if (size <= RESULT_LIMIT) return { type: 'returned', result };
  return {
    type: 'failed',
    errorType: 'Function.ResponseSizeTooLarge',
    message: `Response payload size (${size} bytes) exceeded maximum allowed payload size (${RESULT_LIMIT} bytes).`,
  };
}

function stringify(value: unknown): string {
  try {
    // Functions and symbols have no JSON form; Lambda returns null for them, as for undefined.
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    throw new Error('Unable to stringify response body', { cause: error });
  }
}

function contextOf(start: Start, { requestId, deadline }: InvokeEvent): object {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: start.functionName,
    functionVersion: start.functionVersion,
    invokedFunctionArn: start.functionArn,
    memoryLimitInMB: String(start.memorySize),
    awsRequestId: requestId,
    logGroupName: start.environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: start.environment.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}
