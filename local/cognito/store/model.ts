import type { Failures } from '../password.ts';
import type { ClientSettings } from '../resources/client-properties.ts';
import type { Factor, MessageFactor, PoolSettings } from '../resources/pool-properties.ts';

export interface PoolRecord {
  readonly id: string;
  readonly name: string;
  /** ISO 8601, as every date in these records. */
  readonly created: string;
  readonly modified: string;
  readonly settings: PoolSettings;
  /** Names of the identity providers. */
  readonly providers?: readonly string[];
  /** Prefix of the managed login's host name. */
  readonly domain?: string;
  /** 32 random bytes, hex. The salts of unknown users are derived from them. */
  readonly pepper: string;
}

export interface ClientRecord {
  readonly id: string;
  readonly poolId: string;
  readonly name: string;
  readonly created: string;
  readonly modified: string;
  readonly secret?: string;
  readonly settings: ClientSettings;
}

type UserStatus = 'FORCE_CHANGE_PASSWORD' | 'CONFIRMED' | 'RESET_REQUIRED';

/** What is stored of a password: SRP's salt and verifier, hex. */
export interface Credential {
  readonly salt: string;
  readonly verifier: string;
  readonly set: string;
}

/** A one-time code that was sent. Only its hash is stored. */
interface CodeRecord {
  readonly hash: string;
  readonly expires: string;
  readonly attempts: number;
}

/** A refresh token. Only its hash is stored. */
export interface RefreshTokenRecord {
  readonly hash: string;
  /** When rotation replaced it. */
  readonly rotated?: string;
}

/** One sign-in with all its tokens. */
export interface TokenFamily {
  /** The `origin_jti` claim. */
  readonly id: string;
  readonly eventId: string;
  readonly clientId: string;
  readonly authenticated: string;
  /** When its refresh tokens expire, rotated ones included. */
  readonly expires: string;
  readonly revoked: boolean;
  readonly refresh: readonly RefreshTokenRecord[];
}

/** An authenticator app's shared secret, base32. */
export interface SoftwareToken {
  readonly secret: string;
  readonly verified: boolean;
  readonly enabled: boolean;
  /** The last 30-second step whose code was accepted. Each code is accepted once. */
  readonly usedStep: number;
}

export interface UserRecord {
  readonly sub: string;
  readonly username: string;
  readonly created: string;
  readonly modified: string;
  readonly enabled: boolean;
  readonly status: UserStatus;
  /** Without `sub`, which is a member of the record. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly credential: Credential;
  readonly failures: Failures;
  readonly resetCode?: CodeRecord;
  readonly families: readonly TokenFamily[];
  readonly softwareToken?: SoftwareToken;
  /** Factors by message that were turned on for the user. */
  readonly messageFactors?: readonly MessageFactor[];
  /** The factor to ask for if there are several. Absent: the user chooses. */
  readonly preferredFactor?: Factor;
  /** The secret of an app that is not verified yet. */
  readonly pendingSoftwareToken?: string;
}

export interface GroupRecord {
  readonly name: string;
  readonly description?: string;
  readonly precedence?: number;
  readonly created: string;
  readonly modified: string;
  /** The `sub` of each member. */
  readonly members: readonly string[];
}
