import { isObject, type Json, type JsonObject } from '../json.ts';
import { AwsError } from '../wire/errors.ts';

export interface InputTransformer {
  readonly InputPathsMap: Readonly<Record<string, string>>;
  readonly InputTemplate: string;
}

const invalid = (message: string) => new AwsError('ValidationException', message);

const PATH = /^\$(?:\.[\w-]+|\[\d+\])*$/;
const NAMES = /<([^<>\s]+)>/g;

/**
 * Checks the paths and placeholders of a transformer.
 * @throws AwsError `ValidationException`
 */
export function checkTransformer({ InputPathsMap: paths, InputTemplate: template }: InputTransformer): void {
  for (const [name, path] of Object.entries(paths)) {
    if (!PATH.test(path)) throw invalid(`Invalid InputPath for target: ${name}: ${path}`);
  }
  for (const [, name = ''] of template.matchAll(NAMES)) {
    if (!Object.hasOwn(paths, name)) {
      throw invalid(`InputTemplate for target contains invalid placeholder <${name}>.`);
    }
  }
  if (!/^\s*["{[]/.test(template)) throw invalid('Invalid InputTemplate for target: it is not JSON.');
}

/**
 * Returns the input of a target for an event. A value in quotation marks is text, elsewhere it is JSON.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function transform({ InputPathsMap, InputTemplate }: InputTransformer, event: JsonObject): string {
  let isQuoted = false;
  let at = 0;
  return InputTemplate.replace(NAMES, (_, name: string, start: number) => {
    isQuoted = quotedAfter(InputTemplate.slice(at, start), isQuoted);
    at = start;
    const value = valueAt(event, InputPathsMap[name] ?? '$');
    if (!isQuoted) return value === undefined ? '""' : JSON.stringify(value);
    const text = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
}

/** Whether the end of a piece of JSON is within quotation marks. */
function quotedAfter(piece: string, before: boolean): boolean {
  const marks = piece.replace(/\\./gs, '').split('"').length - 1;
  return marks % 2 === 0 ? before : !before;
}

function valueAt(event: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = event;
  for (const [, name, index] of path.matchAll(/\.([\w-]+)|\[(\d+)\]/g)) {
    if (name !== undefined) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    else value = Array.isArray(value) ? value[Number(index)] : undefined;
  }
  return value;
}
