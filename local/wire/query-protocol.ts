import { randomUUID } from 'node:crypto';
import type { Json, JsonObject } from '../json.ts';
import type { Protocol } from './door.ts';
import { AwsError } from './errors.ts';
import type { HttpResponse } from './http.ts';
import { type XmlChildren, xmlDocument } from './xml.ts';

/** The content of a response. Absent members are omitted. A list becomes `<member>` elements. */
export type QueryResult =
  | string
  | number
  | boolean
  | Date
  | undefined
  | readonly QueryResult[]
  | QueryMembers;

export interface QueryMembers {
  readonly [name: string]: QueryResult;
}

interface Service {
  readonly version: string;
  /** The namespace of responses without the version, such as `https://iam.amazonaws.com/doc/`. */
  readonly namespace: string;
}

/** Creates AWS's query protocol: parameters in a form, responses in XML. CloudFormation, IAM and STS use it. */
export function queryProtocol({ namespace, version }: Service): Protocol<JsonObject, QueryMembers> {
  return {
    codeSuffix: '',
    open({ method, query }, body) {
      const form = new URLSearchParams(method === 'GET' ? query : body);
      const name = form.get('Action') ?? '';
      const given = form.get('Version') ?? 'NO_VERSION_SPECIFIED';
      if (given !== version) throw unknown(name, given);
      form.delete('Action');
      form.delete('Version');
      return { name, input: () => unfolded(form) };
    },
    unknown: (name) => unknown(name, version),
    success: (name, result = {}) =>
      response(200, `${name}Response`, (RequestId) => ({
        [`${name}Result`]: children(result),
        ResponseMetadata: { RequestId },
      })),
    failure: ({ code, message, status }) =>
      response(status, 'ErrorResponse', (RequestId) => ({
        Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
        RequestId,
      })),
  };

  function response(status: number, root: string, content: (requestId: string) => XmlChildren): HttpResponse {
    const requestId = randomUUID();
    return {
      status,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
      body: xmlDocument(root, content(requestId), { namespace: `${namespace}${version}/` }),
    };
  }
}

const unknown = (action: string, version: string) =>
  action === ''
    ? new AwsError('MissingAction', 'The request must contain the parameter Action.')
    : new AwsError('InvalidAction', `Could not find operation ${action} for version ${version}`);

type Element = string | number | boolean | Date | XmlChildren | undefined;

function element(value: QueryResult): Element {
  if (Array.isArray(value)) return { member: value.map(element) };
  if (typeof value !== 'object' || value instanceof Date) return value;
  return children(value as QueryMembers);
}

function children(value: QueryMembers): XmlChildren {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, element(member)]));
}

type Tree = Map<string, string | Tree>;

/** Maximum depth. No input of CloudFormation is deeper. */
const MAX_DEPTH = 12;

/** Converts dotted names in a form to objects: `Tags.member.1.Key` becomes `{ Tags: [{ Key }] }`. */
function unfolded(form: URLSearchParams): JsonObject {
  const root: Tree = new Map();
  for (const [name, value] of form) {
    const path = name.split('.', MAX_DEPTH + 1);
    if (path.length > MAX_DEPTH) throw malformed(`${name.slice(0, 60)}… is nested too deeply`);
    const last = path.pop() ?? '';
    let at = root;
    for (const step of path) {
      const below = at.get(step);
      const next: Tree = below instanceof Map ? below : new Map();
      at.set(step, next);
      at = next;
    }
    at.set(last, value);
  }
  return object(root);
}

function object(tree: Tree): JsonObject {
  return Object.fromEntries(
    [...tree].map(([name, value]) => [name, value instanceof Map ? json(value) : value]),
  );
}

function json(tree: Tree): Json {
  const members = tree.get('member');
  if (!(members instanceof Map) || tree.size !== 1) return object(tree);
  const wrong = [...members.keys()].find((index) => !/^[1-9]\d{0,5}$/.test(index));
  if (wrong !== undefined) throw malformed(`member.${wrong} is not a position in a list`);
  const numbered = [...members].sort(([one], [other]) => Number(one) - Number(other));
  return numbered.map(([, member]) => (member instanceof Map ? json(member) : member));
}

const malformed = (message: string) => new AwsError('MalformedInput', message);
