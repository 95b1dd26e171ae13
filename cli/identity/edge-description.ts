import type { UploadPolicy } from '../../edge/config.ts';
import type { EdgeDescription } from '../../edge/description.ts';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { isFields, readFields } from '../settings/documents.ts';

export type { EdgeDescription };

/** The user that the edge reads from the token, and what they have permission to write. */
export type Caller = NonNullable<EdgeDescription['caller']>;

/*
 * A password proof is sent to `https://cognito-idp.<region>.amazonaws.com` and to no other host. These patterns are
 * AWS's own, from the ids of CreateUserPool and CreateUserPoolClient. A value that matches cannot name another host.
 */
const REGION = /^[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}$/;
const POOL_ID = /^([a-z]{2}(?:-[a-z]+){1,3}-\d{1,2})_[0-9a-zA-Z]{1,55}$/;
const CLIENT_ID = /^[\w+]{1,128}$/;

function isRegion(value: unknown): value is string {
  return typeof value === 'string' && REGION.test(value);
}

/** Returns the region in a pool's id; `undefined` for an invalid id. */
export function regionOf(userPoolId: string): string | undefined {
  return POOL_ID.exec(userPoolId)?.[1];
}

export function isClientId(value: unknown): value is string {
  return typeof value === 'string' && CLIENT_ID.test(value);
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function readPolicy(value: unknown): UploadPolicy | undefined {
  if (!isFields(value)) return undefined;
  const { maxSize, writeTo, allowGroups, corsOrigins } = value;
  if (maxSize !== undefined && !(Number.isSafeInteger(maxSize) && Number(maxSize) > 0)) return undefined;
  if (writeTo !== undefined && typeof writeTo !== 'string') return undefined;
  if (allowGroups !== undefined && !isStringList(allowGroups)) return undefined;
  if (corsOrigins !== undefined && !isStringList(corsOrigins)) return undefined;
  return {
    ...(maxSize === undefined ? {} : { maxSize: Number(maxSize) }),
    ...omitUndefined({ writeTo, allowGroups, corsOrigins }),
  };
}

function readOmitted(value: unknown): Caller['omitted'] {
  if (!isFields(value)) return undefined;
  const { groups, writeTo } = value;
  const isCount = (amount: unknown): amount is number => Number.isSafeInteger(amount) && Number(amount) >= 0;
  return isCount(groups) && isCount(writeTo) ? { groups, writeTo } : undefined;
}

function readCaller(value: unknown): Caller | undefined {
  if (!isFields(value)) return undefined;
  const { username, sub, groups, writeTo, tokenExpiresAt } = value;
  const omitted = readOmitted(value.omitted);
  const isText = (field: unknown): field is string => typeof field === 'string';
  if (!isText(username) || !isText(sub) || !isStringList(groups) || !isText(tokenExpiresAt)) return undefined;
  if (!isStringList(writeTo)) return undefined;
  if (Number.isNaN(Date.parse(tokenExpiresAt))) return undefined;
  if (value.omitted !== undefined && omitted === undefined) return undefined;
  return { username, sub, groups, writeTo, tokenExpiresAt, ...omitUndefined({ omitted }) };
}

/** Parses a description. Returns `undefined` if it is invalid; drops fields that this version does not know. */
export function readDescription(text: string): EdgeDescription | undefined {
  const document = readFields(text);
  if (document === undefined) return undefined;
  const { service, region, userPoolId, clientId } = document;
  const policy = readPolicy(document.policy);
  const sound =
    service === 'edge-upload' &&
    isRegion(region) &&
    typeof userPoolId === 'string' &&
    regionOf(userPoolId) === region &&
    isClientId(clientId);
  if (!sound || policy === undefined) return undefined;
  const edge = { service, version: 1, region, userPoolId, clientId, policy } as const;
  if (document.caller === undefined) return edge;
  const caller = readCaller(document.caller);
  return caller === undefined ? undefined : { ...edge, caller };
}
