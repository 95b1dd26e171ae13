import { randomUUID } from 'node:crypto';
import { type JsonObject, parseObject } from '../json.ts';
import type { Protocol } from './door.ts';
import { AwsError, notSupported } from './errors.ts';
import type { HttpResponse } from './http.ts';

const CONTENT_TYPE = 'application/x-amz-json-1.1';

/**
 * Creates AWS's JSON 1.1 protocol.
 * @param service Prefix of the protocol's targets, such as `Logs_20140328`.
 */
export function jsonProtocol(service: string): Protocol<JsonObject, object> {
  return {
    codeSuffix: 'Exception',
    open({ headers }, body) {
      const target = headers['x-amz-target'] ?? '';
      const name = target.startsWith(`${service}.`) ? target.slice(service.length + 1) : '';
      return { name, input: () => parsed(body) };
    },
    unknown: (name) =>
      notSupported(
        name === '' ? 'a request without an operation' : `the operation ${name}`,
        'UnknownOperationException',
      ),
    success: (_name, result = {}) => response(200, {}, result),
    // The error's name is in the body and in a header, with a colon as AWS writes it there.
    failure: ({ code, message, status }) =>
      response(
        status === 413 || status === 507 ? status : 400,
        { 'x-amzn-errortype': `${code}:` },
        { __type: code, message },
      ),
  };
}

/** @throws AwsError `SerializationException` for anything but an object */
function parsed(text: string): JsonObject {
  // The parser's message quotes the text, which can contain a password.
  return parseObject(
    text === '' ? '{}' : text,
    (why) =>
      new AwsError(
        'SerializationException',
        why === 'not JSON'
          ? 'The request body is not JSON.'
          : 'Start of structure or map found where not expected.',
      ),
  );
}

function response(status: number, headers: Record<string, string>, document: object): HttpResponse {
  return {
    status,
    headers: { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': randomUUID(), ...headers },
    body: JSON.stringify(document),
  };
}
