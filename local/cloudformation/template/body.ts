import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type Scalar } from 'yaml';
import { isObject, type Json, type JsonObject } from '../../json.ts';
import { formatError, functionError } from '../errors.ts';

/**
 * Converts a YAML template to JSON, with short forms (`!Ref`, `!GetAtt`, …) written out:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
 */
function readYaml(body: string): Json {
  const document = parseDocument(body, { version: '1.1', schema: 'core', logLevel: 'silent' });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const [{ line, col } = { line: 1, col: 1 }] = problem.linePos ?? [];
    throw formatError(`YAML not well-formed. (line ${line}, column ${col})`);
  }
  return read(document.contents);
}

function read(node: unknown): Json {
  if (isAlias(node)) throw functionError('YAML aliases are not allowed in CloudFormation templates');
  if (isMap(node)) {
    const members = node.items.map(({ key, value }): [string, Json] => [name(key), read(value)]);
    return written(node, Object.fromEntries(members));
  }
  if (isSeq(node)) return written(node, node.items.map(read));
  return isScalar(node) ? written(node, scalar(node)) : null;
}

function name(key: unknown): string {
  if (isScalar(key)) return String(key.value);
  throw formatError('[/] map keys must be strings');
}

/** Keeps the text of a number that would print differently (`012`, `1.10`, more than 15 digits). */
function scalar({ value, source }: Scalar): Json {
  if (typeof value === 'number') return String(value) === source ? value : (source ?? value);
  return typeof value === 'boolean' || value === null ? value : String(value);
}

/** Wraps a value in the function of its tag. */
function written({ tag }: Node, value: Json): Json {
  if (tag === undefined || tag.startsWith('tag:yaml.org,')) return value;
  const short = tag.replace(/^!/, '');
  return short === 'Ref' || short === 'Condition' ? { [short]: value } : { [`Fn::${short}`]: value };
}

/** More than any resource needs, and safe for functions that recurse over a template. */
const MAX_DEPTH = 100;

/** Parses the text of a template, JSON or YAML, into an object of limited depth. */
export function parseBody(body: string): JsonObject {
  const parsed = body.trimStart().startsWith('{') ? readJson(body) : readYaml(body);
  if (!isObject(parsed)) throw formatError('unsupported structure.');
  refuseDeeper(parsed, MAX_DEPTH);
  return parsed;
}

function readJson(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    // The parser's message is about JavaScript.
    throw formatError('JSON not well-formed.');
  }
}

function refuseDeeper(value: Json, levels: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (levels === 0) throw formatError(`nested deeper than ${MAX_DEPTH} levels.`);
  for (const member of Object.values(value)) refuseDeeper(member, levels - 1);
}
