import { invalidParameter, notAuthorized } from './errors.ts';
import type { ClientSettings } from './resources/client-properties.ts';
import { isStandardAttribute, type SchemaAttribute } from './resources/standard-attributes.ts';

/** Attributes that clients cannot write. Cognito or an administrator sets them. */
const NOT_WRITABLE = ['sub', 'email_verified', 'phone_number_verified'];

/** An empty list means the default, as a missing one does. */
const listed = (names: readonly string[] | undefined) => (names?.length ? names : undefined);

/**
 * Checks a client's readable and writable attributes against its pool.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-attribute-permissions-and-scopes
 *
 * @throws AwsError `InvalidParameterException` for an unknown or not writable attribute, and if a required attribute is
 * not writable
 */
export function checkPermissions(
  { ReadAttributes, WriteAttributes }: ClientSettings,
  schema: readonly SchemaAttribute[],
): void {
  const isKnown = (name: string) => schema.some((attribute) => attribute.name === name);
  if (!(ReadAttributes ?? []).every(isKnown)) {
    throw invalidParameter('Invalid read attributes specified while creating a client');
  }
  const write = listed(WriteAttributes);
  if (write === undefined) return;
  const needed = schema.filter(({ name, required }) => required && name !== 'sub');
  const isWritable = (name: string) => isKnown(name) && !NOT_WRITABLE.includes(name);
  if (!write.every(isWritable) || !needed.every(({ name }) => write.includes(name))) {
    throw invalidParameter('Invalid write attributes specified while creating a client');
  }
}

/** Whether a client can read an attribute. Without a list, only standard attributes are readable. */
export function canRead({ ReadAttributes }: ClientSettings, name: string): boolean {
  return name === 'sub' || (listed(ReadAttributes)?.includes(name) ?? isStandardAttribute(name));
}

/** @throws AwsError `NotAuthorizedException` if the client cannot write one of the attributes */
export function checkWrites({ WriteAttributes }: ClientSettings, names: readonly string[]): void {
  const may = (name: string) =>
    listed(WriteAttributes)?.includes(name) ?? (isStandardAttribute(name) && !NOT_WRITABLE.includes(name));
  if (!names.every(may)) throw notAuthorized('A client attempted to write unauthorized attribute');
}
