import type { Jwk } from '../protocol/signing-key.ts';

/** What is baked into the function's code: Lambda@Edge has no environment variables. Public data only. */
export interface EdgeConfig {
  readonly region: string;
  readonly userPoolId: string;
  readonly clientId: string;
  /** The pool's key set as fetched at deploy, so that verifying needs no network. */
  readonly jwks: Jwks;
  readonly policy: UploadPolicy;
}

export interface Jwks {
  readonly keys: readonly Jwk[];
}

/** Who may write what. Everything that is absent does not restrict. */
export interface UploadPolicy {
  /** Largest object in bytes. Absent: S3's own bounds. */
  readonly maxSize?: number;
  /** Keys must begin with this; `{username}`, `{sub}` and `{group}`, any of the caller's, stand for claims. */
  readonly writeTo?: string;
  /** A caller must be in one of these Cognito groups. */
  readonly allowGroups?: readonly string[];
  /** Origins of pages whose scripts may upload, as browsers name them in `Origin`. */
  readonly corsOrigins?: readonly string[];
}
