/** Returns whether a stored value is what this version knows. */
type Check = (value: unknown) => boolean;

export const isText: Check = (value) => typeof value === 'string' && value !== '';
export const isTexts: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(isText);
export const isOn: Check = (value) => typeof value === 'boolean';
export const isAmount: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0;
export const listOf =
  (isMember: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(isMember);

/** Returns whether a value is an object of these members. Members of other names are refused: a rule may depend on them. */
export function isRecord(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  const all = new Map([...Object.entries(required), ...Object.entries(optional)]);
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(required).every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, member]) => all.get(name)?.(member) === true);
}
