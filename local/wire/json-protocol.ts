import { randomUUID } from 'node:crypto';
import type { Json, JsonObject } from '../json.ts';
import { AwsError } from './errors.ts';
import type { HttpResponse } from './http.ts';

const CONTENT_TYPE = 'application/x-amz-json-1.1';

/**
 * The operation that a request names, or `undefined` where it names none of the service.
 * @param service as the protocol's targets begin, such as `Logs_20140328`
 */
export function targetOf(headers: Readonly<Record<string, string>>, service: string): string | undefined {
  const target = headers['x-amz-target'];
  return target?.startsWith(`${service}.`) ? target.slice(service.length + 1) : undefined;
}

/** A request's body as an object. Throws SerializationException for anything else. */
export function readBody(text: string): JsonObject {
  let body: Json;
  try {
    body = text === '' ? {} : (JSON.parse(text) as Json);
  } catch {
    // The parser's message quotes the text, which may hold a password.
    throw new AwsError('SerializationException', 'The request body is not JSON.');
  }
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new AwsError('SerializationException', 'Start of structure or map found where not expected.');
  }
  return body;
}

const respond = (status: number, headers: Record<string, string>, document: JsonObject): HttpResponse => ({
  status,
  headers: { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': randomUUID(), ...headers },
  body: JSON.stringify(document),
});

export const success = (document: JsonObject) => respond(200, {}, document);

/** AWS's JSON 1.1 error: its name in the body's `__type` and in a header, with a colon as AWS writes it there. */
export function failure({ code, message, status }: AwsError): HttpResponse {
  const headers = { 'x-amzn-errortype': `${code}:` };
  return respond(status === 413 ? 413 : 400, headers, { __type: code, message });
}
