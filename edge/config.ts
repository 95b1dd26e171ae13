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

/** A claim by the keys that lead to it. Names of claims contain dots and slashes. */
type ClaimPath = readonly string[];

/** Whose tokens the edge accepts. */
export interface EdgeIssuer {
  /** `[a-z][a-z0-9-]{0,31}`; `cognito` is the user pool, `edge` is reserved. */
  readonly alias: string;
  readonly kind: 'pool' | 'people' | 'workload';
  /** Exact values of `iss`. */
  readonly iss: readonly string[];
  readonly jwksUri: string;
  readonly keys: readonly Jwk[];
  readonly token: 'access' | 'id';
  /** Absent: the origins of the edge. */
  readonly audiences?: readonly string[];
  /** The command line's client at the issuer. */
  readonly clientId?: string;
  /** To ask for at sign-in. */
  readonly scopes?: readonly string[];
  readonly preset?: string;
  /** The claim of `{name}` and of the stamp. */
  readonly name: ClaimPath;
  readonly groups?: ClaimPath;
  /** Seconds that `exp` may be after now. */
  readonly maxAge?: number;
  /** The first that fits decides. */
  readonly rules: readonly Rule[];
}

/** Who may write what. */
export interface Rule {
  readonly when?: readonly { readonly claim: ClaimPath; readonly is: readonly string[] }[];
  readonly writeTo?: string;
  readonly maxSize?: number;
  readonly noClobber?: boolean;
  readonly shared?: boolean;
}
