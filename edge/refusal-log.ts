import type { Respond } from './decide.ts';
import { type EdgeRequest, readRequestId } from './request.ts';

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

/**
 * A line of JSON on a refusal. It holds nothing that the caller chose: a token may turn up in a path, a query or a
 * header, and none may turn up in a log.
 */
export function refusalLine(
  event: unknown,
  request: EdgeRequest | undefined,
  { status, code }: Respond,
  error?: unknown,
): string {
  return JSON.stringify({
    edge: 'refused',
    requestId: readRequestId(event),
    status,
    code,
    method: METHODS.find((method) => method === request?.method) ?? 'other',
    uriLength: request?.uri.length,
    // Of an internal error the name alone: its message may quote what it stumbled over.
    ...(error instanceof Error ? { fault: error.name } : {}),
  });
}
