import { randomBytes } from 'node:crypto';

/** 32 characters of [A-Za-z0-9_-], as version ids and upload ids are made of. */
export function newId(): string {
  return randomBytes(24).toString('base64url');
}
