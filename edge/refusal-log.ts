import type { Respond } from './decide.ts';
import type { ViewerRequest } from './request.ts';

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

/**
 * A line of JSON on a refusal. It holds no text that the caller chose: a token may turn up in a path, a query or a
 * header, and none may turn up in a log.
 * @param fault What was thrown, where the refusal is the edge's own failure.
 */
export function refusalLine(
  { status, code }: Respond,
  viewer: ViewerRequest | undefined,
  fault?: unknown,
): string {
  return JSON.stringify({
    edge: 'refused',
    requestId: viewer?.requestId,
    status,
    code,
    method: METHODS.find((method) => method === viewer?.request.method) ?? 'other',
    uriLength: viewer?.request.uri.length,
    // The name alone: a message may quote what it stumbled over.
    fault: fault instanceof Error ? fault.name : undefined,
  });
}
