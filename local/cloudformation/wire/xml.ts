import { randomUUID } from 'node:crypto';
import type { AwsError } from '../../wire/errors.ts';
import type { HttpResponse } from '../../wire/http.ts';

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

/** Parsers turn a bare carriage return into a line feed, so templates with Windows line ends would not come back whole. */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

/** What XML 1.0 cannot hold, not even as a reference: https://www.w3.org/TR/xml/#charsets */
const UNWRITABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

function escaped(text: string): string {
  return text
    .replace(UNWRITABLE, '\ufffd')
    .replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? character);
}

function element(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  return `<${name}>${content(value)}</${name}>`;
}

function content(value: Exclude<XmlValue, undefined>): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item: XmlValue) => element('member', item)).join('');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, member]) => element(name, member as XmlValue))
      .join('');
  }
  return escaped(String(value));
}

function answer(status: number, requestId: string, body: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body };
}

export function xmlResult(action: string, result: XmlValue): HttpResponse {
  const requestId = randomUUID();
  const metadata = element('ResponseMetadata', { RequestId: requestId });
  return answer(
    200,
    requestId,
    `<${action}Response xmlns="${NAMESPACE}">${element(`${action}Result`, result ?? {})}${metadata}</${action}Response>`,
  );
}

export function xmlError({ code, message, status }: AwsError): HttpResponse {
  const requestId = randomUUID();
  const Type = status >= 500 ? 'Receiver' : 'Sender';
  const body = content({ Error: { Type, Code: code, Message: message }, RequestId: requestId });
  return answer(status, requestId, `<ErrorResponse xmlns="${NAMESPACE}">${body}</ErrorResponse>`);
}
