import { isObject, type Json, type JsonObject } from '../json.ts';
import { AwsError, notSupported } from '../wire/errors.ts';

/** Whether one value of an event matches; `undefined` for a field that the event does not have. */
type Matcher = (value: Json | undefined) => boolean;

const invalid = (reason: string) =>
  new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);

/**
 * Returns a test of events. For every field of the pattern, one of its matchers must match.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @throws AwsError `InvalidEventPatternException`, also for an operator that is not supported
 */
export function readPattern(pattern: JsonObject): (event: JsonObject) => boolean {
  const fields = Object.entries(pattern).map(([name, wanted]) => [name, readField(name, wanted)] as const);
  if (fields.length === 0) throw invalid('Empty objects are not allowed');
  return (event) =>
    fields.every(([name, fits]) => fits(Object.hasOwn(event, name) ? event[name] : undefined));
}

function readField(name: string, wanted: Json): Matcher {
  if (name === '$or') throw notSupported('$or in an event pattern');
  if (isObject(wanted)) {
    const fits = readPattern(wanted);
    return (value) => fits(isObject(value) ? value : {});
  }
  if (!Array.isArray(wanted)) throw invalid(`"${name}" must be an object or an array`);
  if (wanted.length === 0) throw invalid('Empty arrays are not allowed');
  const matchers = wanted.map(readMatcher);
  return (value) => {
    const values =
      Array.isArray(value) && value.length > 0 ? value : [Array.isArray(value) ? undefined : value];
    return matchers.some((fits) => values.some(fits));
  };
}

function readMatcher(wanted: Json): Matcher {
  if (!isObject(wanted)) return (value) => value === wanted;
  const [[operator, operand] = ['', null], ...more] = Object.entries(wanted);
  if (more.length > 0) throw invalid('Only one key allowed in match expression');
  if (operator === 'exists' && typeof operand === 'boolean')
    return (value) => (value !== undefined) === operand;
  if (operator === 'anything-but') {
    const fits = isObject(operand) ? readAffix(operand) : oneOf(operand);
    return (value) => value !== undefined && !fits(value);
  }
  return readAffix(wanted);
}

function oneOf(operand: Json): Matcher {
  const list = Array.isArray(operand) ? operand : [operand];
  if (list.length === 0 || list.some((one) => typeof one === 'object')) {
    throw invalid('Inside anything-but list, start|null|boolean is not supported.');
  }
  return (value) => value !== undefined && list.includes(value);
}

/** Reads `prefix` or `suffix` with one text or a list. */
function readAffix(matcher: JsonObject): Matcher {
  const [[operator = '', operand = null] = [], ...more] = Object.entries(matcher);
  if (more.length > 0 || (operator !== 'prefix' && operator !== 'suffix')) {
    throw notSupported(`${operator} in an event pattern`);
  }
  const list = Array.isArray(operand) ? operand : [operand];
  const texts = list.filter((one) => typeof one === 'string');
  if (texts.length < list.length || texts.length === 0)
    throw notSupported(`this ${operator} in an event pattern`);
  const fits = (value: string, text: string) =>
    operator === 'prefix' ? value.startsWith(text) : value.endsWith(text);
  return (value) => typeof value === 'string' && texts.some((text) => fits(value, text));
}
