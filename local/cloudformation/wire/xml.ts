import { randomUUID } from 'node:crypto';
import type { AwsError } from '../../wire/errors.ts';
import type { HttpResponse } from '../../wire/http.ts';
import { queryError, queryResult } from '../../wire/query-answer.ts';
import type { XmlChildren } from '../../wire/xml.ts';

/** What an answer holds. Absent members are left out; a list becomes `<member>` elements. */
export type XmlValue = string | number | boolean | Date | undefined | readonly XmlValue[] | XmlMembers;

export interface XmlMembers {
  readonly [name: string]: XmlValue;
}

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

type Element = string | number | boolean | Date | XmlChildren | undefined;

function element(value: XmlValue): Element {
  if (Array.isArray(value)) return { member: value.map(element) };
  if (typeof value !== 'object' || value instanceof Date) return value;
  return children(value as XmlMembers);
}

function children(value: XmlMembers): XmlChildren {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, element(member)]));
}

const asked = () => ({ namespace: NAMESPACE, requestId: randomUUID() });

export function xmlResult(action: string, result: XmlMembers = {}): HttpResponse {
  return queryResult(asked(), action, children(result));
}

export function xmlError(error: AwsError): HttpResponse {
  return queryError(asked(), error);
}
