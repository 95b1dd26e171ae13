import { invalidParameter, notAuthorized } from './errors.ts';
import type { ClientSettings } from './resources/client-properties.ts';
import { isStandardAttribute, type SchemaAttribute } from './resources/standard-attributes.ts';

/** Attributes that no client writes: Cognito sets them itself, or an administrator does. */
const NOT_WRITABLE = ['sub', 'email_verified', 'phone_number_verified'];

/** An empty list means the default, as a list that is not given does. */
const listed = (names: readonly string[] | undefined) => (names?.length ? names : undefined);

/**
 * Checks the attributes that a client is to read and write against the pool that it belongs to.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-attribute-permissions-and-scopes
 *
 * @throws AwsError `InvalidParameterException` for an attribute that the pool does not have, for one that no client
 * writes, and where a required attribute is left out of those to write
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

/** Whether a client reads an attribute: by default the standard ones, custom ones only where they are listed. */
export function canRead({ ReadAttributes }: ClientSettings, name: string): boolean {
  return name === 'sub' || (listed(ReadAttributes)?.includes(name) ?? isStandardAttribute(name));
}

/**
 * Refuses attributes that a user changes by way of a client that has no permission to write them.
 *
 * @throws AwsError `NotAuthorizedException`
 */
export function checkWrites({ WriteAttributes }: ClientSettings, names: readonly string[]): void {
  const may = (name: string) =>
    listed(WriteAttributes)?.includes(name) ?? (isStandardAttribute(name) && !NOT_WRITABLE.includes(name));
  if (!names.every(may)) throw notAuthorized('A client attempted to write unauthorized attribute');
}
