import { invalidParameter } from './errors.ts';
import type { PoolSettings } from './resources/pool-properties.ts';
import { type SchemaAttribute, STANDARD } from './resources/standard-attributes.ts';

const SUB: SchemaAttribute = {
  name: 'sub',
  type: 'String',
  mutable: false,
  required: true,
  min: 1,
  max: 2048,
};

/** Returns all attributes of a pool's users, `sub` first. */
export function poolSchema(settings: PoolSettings): readonly SchemaAttribute[] {
  const own = (settings.Schema ?? []).map((entry): SchemaAttribute => {
    const standard = STANDARD.find(({ name }) => name === entry.Name);
    if (standard) {
      return {
        ...standard,
        mutable: entry.Mutable ?? standard.mutable,
        required: entry.Required ?? false,
      };
    }
    const limits = entry.StringAttributeConstraints;
    const numbers = entry.NumberAttributeConstraints;
    const min = limits?.MinLength ?? numbers?.MinValue;
    const max = limits?.MaxLength ?? numbers?.MaxValue;
    return {
      name: `custom:${entry.Name}`,
      type: entry.AttributeDataType ?? 'String',
      mutable: entry.Mutable ?? false,
      required: false,
      ...(min === undefined ? {} : { min: Number(min) }),
      ...(max === undefined ? {} : { max: Number(max) }),
    };
  });
  const named = new Set(own.map(({ name }) => name));
  return [SUB, ...STANDARD.filter(({ name }) => !named.has(name)), ...own];
}

const refuse = (name: string, why: string) =>
  invalidParameter(`Attributes did not conform to the schema: ${name}: ${why}`);

function checkNumber({ name, min, max }: SchemaAttribute, value: string): void {
  if (!/^-?\d+$/.test(value)) throw refuse(name, 'Attribute value must be a number');
  if (min !== undefined && Number(value) < min) throw refuse(name, `Value must be at least ${min}`);
  if (max !== undefined && Number(value) > max) throw refuse(name, `Value must be at most ${max}`);
}

function checkString({ name, min, max }: SchemaAttribute, value: string): void {
  const length = [...value].length;
  if (min !== undefined && length < min) throw refuse(name, 'String attribute length is too short');
  if (max !== undefined && length > max) throw refuse(name, 'String attribute length is too long');
}

function checkValue(attribute: SchemaAttribute, value: string): void {
  const { name, type } = attribute;
  if (name === 'email' && !/^[^\s@]+@[^\s@]+$/.test(value))
    throw invalidParameter('Invalid email address format.');
  if (name === 'phone_number' && !/^\+\d{1,15}$/.test(value))
    throw invalidParameter('Invalid phone number format.');
  if (type === 'Number') checkNumber(attribute, value);
  if (type === 'String') checkString(attribute, value);
  if (type === 'Boolean' && !/^(?:true|false)$/i.test(value))
    throw refuse(name, 'Attribute value must be a boolean');
  if (type === 'DateTime' && Number.isNaN(Date.parse(value)))
    throw refuse(name, 'Attribute value must be a date');
}

interface Change {
  readonly schema: readonly SchemaAttribute[];
  readonly current: Readonly<Record<string, string>>;
  readonly changes: readonly { readonly Name: string; readonly Value: string | undefined }[];
}

/**
 * Returns the attributes after a change. An empty value deletes an attribute. A changed address is no longer verified.
 *
 * @throws AwsError `InvalidParameterException` for an unknown or immutable attribute and for an invalid value
 */
export function changeAttributes({ schema, current, changes }: Change): Record<string, string> {
  const next = { ...current };
  for (const { Name: name, Value: value = '' } of changes) {
    const attribute = schema.find((entry) => entry.name === name);
    if (!attribute) throw refuse(name, 'Attribute does not exist in the schema.');
    const immutable = name === 'sub' || (!attribute.mutable && current[name] !== undefined);
    if (immutable) throw invalidParameter(`Cannot modify the non-mutable attribute ${name}`);
    if (value === '') {
      if (attribute.required) throw refuse(name, 'The attribute is required');
      delete next[name];
    } else {
      checkValue(attribute, value);
      next[name] = attribute.type === 'Boolean' ? value.toLowerCase() : value;
    }
  }
  for (const address of ['email', 'phone_number']) {
    const flag = `${address}_verified`;
    const stated = changes.some(({ Name }) => Name === flag);
    if (next[address] !== current[address] && current[flag] !== undefined && !stated) next[flag] = 'false';
  }
  return next;
}

/** Returns the names of required attributes that a user does not have. Every user has a `sub`. */
export function missingAttributes(
  schema: readonly SchemaAttribute[],
  attributes: Readonly<Record<string, string>>,
): string[] {
  return schema
    .filter(({ name, required }) => required && name !== 'sub' && attributes[name] === undefined)
    .map(({ name }) => name);
}
