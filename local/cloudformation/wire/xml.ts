import { randomUUID } from 'node:crypto';
import type { AwsError } from '../../wire/errors.ts';
import type { HttpResponse } from '../../wire/http.ts';
import { type XmlChildren, xmlDocument } from '../../wire/xml.ts';

/** What an answer holds. Absent members are left out; a list becomes `<member>` elements. */
export type XmlValue =
  | string
  | number
  | boolean
  | Date
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue };

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

type Element = string | number | boolean | Date | XmlChildren | undefined;

function element(value: XmlValue): Element {
  if (Array.isArray(value)) return { member: value.map(element) };
  if (typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, element(member as XmlValue)]),
  );
}

function answer(status: number, requestId: string, root: string, children: XmlChildren): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: xmlDocument(root, children, { namespace: NAMESPACE }),
  };
}

export function xmlResult(action: string, result: XmlValue): HttpResponse {
  const requestId = randomUUID();
  return answer(200, requestId, `${action}Response`, {
    [`${action}Result`]: element(result ?? {}),
    ResponseMetadata: { RequestId: requestId },
  });
}

export function xmlError({ code, message, status }: AwsError): HttpResponse {
  const requestId = randomUUID();
  const Type = status >= 500 ? 'Receiver' : 'Sender';
  return answer(status, requestId, 'ErrorResponse', {
    Error: { Type, Code: code, Message: message },
    RequestId: requestId,
  });
}
