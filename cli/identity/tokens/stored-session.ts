import type { Fields } from '../../settings/documents.ts';
import { isClientId, regionOf } from '../edge-description.ts';
import { isTokenText } from './access-token.ts';

/** One user's tokens for one deployment, as stored on this computer. */
export interface StoredSession {
  /** The edge's address, `https://<host>[:port]`. */
  readonly url: string;
  readonly userPoolId: string;
  readonly clientId: string;
  /** Cognito's name for the user. */
  readonly username: string;
  /** User name as typed at sign-in, such as an e-mail address. */
  readonly signedInAs: string;
  readonly signedInAt: Date;
  readonly accessToken: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly refreshToken: string;
}

function readDate(value: unknown): Date | undefined {
  const date = typeof value === 'string' ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

/** Reads a session. Returns `undefined` for damaged fields, or a session of another edge. */
export function readSession(fields: Fields, url: string): StoredSession | undefined {
  const { userPoolId, clientId, username, signedInAs, accessToken, refreshToken } = fields;
  const signedInAt = readDate(fields.signedInAt);
  const issuedAt = readDate(fields.issuedAt);
  const expiresAt = readDate(fields.expiresAt);
  if (fields.url !== url || signedInAt === undefined || issuedAt === undefined || expiresAt === undefined)
    return undefined;
  if (typeof userPoolId !== 'string' || regionOf(userPoolId) === undefined || !isClientId(clientId))
    return undefined;
  if (typeof username !== 'string' || typeof signedInAs !== 'string') return undefined;
  if (!isTokenText(accessToken) || !isTokenText(refreshToken)) return undefined;
  const who = { url, userPoolId, clientId, username, signedInAs, signedInAt };
  return { ...who, accessToken, issuedAt, expiresAt, refreshToken };
}
