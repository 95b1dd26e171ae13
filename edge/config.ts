import type { ClaimPath } from '../protocol/claims.ts';
import type { Jwk } from '../protocol/signing-key.ts';
import type { Rule } from '../protocol/upload-rule.ts';

/** Values of the user pool. They are known only once the pool exists. */
export interface PoolIdentity {
  readonly userPoolId: string;
  readonly clientId: string;
  /** The pool's public keys. */
  readonly jwks: { readonly keys: readonly Jwk[] };
  /**
   * Endpoint of the pool's API for the upload page: `http://127.0.0.1:<port>` in an embedded cloud. Default: the AWS
   * endpoint of the pool's region.
   */
  readonly userPoolEndpoint?: string;
  /**
   * Origin of the pool's managed login, which issues tokens to the upload page. Absent: the page does not offer this
   * sign-in.
   */
  readonly managedLogin?: string;
}

/**
 * Configuration in the function's code, because Lambda@Edge has no environment variables. Contains public data only.
 */
export interface BakedConfig extends Partial<PoolIdentity> {
  /** Policy of the pool's users. Its `maxSize` and `corsOrigins` apply to all callers. */
  readonly policy: UploadPolicy;
  /** All issuers except the user pool. */
  readonly issuers?: readonly EdgeIssuer[];
  /** Keys of the deployment's own issuer. Absent: the edge refuses links and keys. */
  readonly signing?: Signing;
  /** Settings of the upload page; `EdgePage` has its files. Absent: the edge serves no page. */
  readonly page?: PageSettings;
  /** Set if the user pool is connected to an identity provider, whose users sign in at the pool's managed login. */
  readonly idp?: true;
  readonly origins?: readonly string[];
  readonly bakedAt?: number;
}

/** Public keys and revocations of links and keys. */
export interface Signing {
  /** Ed25519 keys, newest first. Each `kid` is a prefix of the key's RFC 7638 thumbprint. */
  readonly keys: readonly Jwk[];
  /** Ids of revoked links and keys. */
  readonly revoked?: readonly string[];
}

/** Appearance of the upload page. Public. */
export interface PageSettings {
  readonly title?: string;
  readonly note?: string;
  /** `#rrggbb`. */
  readonly color?: string;
  /** Whether `logo.svg` is among the files. */
  readonly logo?: true;
}

/**
 * Files of the upload page by name. The HTML document has the empty name. All other names except the logo's contain a
 * content hash.
 */
export type EdgePage = Readonly<Record<string, PageFile>>;

interface PageFile {
  /** `Content-Type`. */
  readonly type: string;
  /** Content, compressed with gzip, in base64. */
  readonly gzip: string;
}

/** Configuration as the function uses it. Created by `configOf` in issuers.ts. */
export interface EdgeConfig {
  /** Trusted issuers. The user pool, if there is one, is first. The deployment's own issuer is last. */
  readonly issuers: readonly EdgeIssuer[];
  /** Limits of all callers. If a rule sets a `maxSize` too, the smaller one applies. */
  readonly policy: EdgePolicy;
  /** `https://<domain>` of the operator's own domain. The distribution's domain name is part of every event. */
  readonly origins: readonly string[];
  /**
   * When the key sets of issuers other than the pool were downloaded, in seconds since 1970. Absent without such
   * issuers.
   */
  readonly bakedAt?: number;
  /** Ids of revoked links and keys. */
  readonly revoked?: ReadonlySet<string>;
  readonly page?: PageSettings;
  /** Set if the user pool is connected to an identity provider. */
  readonly idp?: true;
  /** See `PoolIdentity`. */
  readonly managedLogin?: string;
}

export interface EdgePolicy {
  /** Largest object in bytes. Default: S3's limits. */
  readonly maxSize?: number;
  /** Origins of pages whose scripts are allowed to upload, spelled as browsers send them in `Origin`. */
  readonly corsOrigins?: readonly string[];
}

/** An issuer whose tokens the edge accepts. */
export interface EdgeIssuer {
  /** Matches `[a-z][a-z0-9-]{0,31}`. `cognito` is the user pool, `edge` the deployment's own issuer. */
  readonly alias: string;
  /** `edge` is the deployment's own issuer. It has no rules, because links and keys contain what they grant. */
  readonly kind: 'pool' | 'people' | 'workload' | 'edge';
  /** Accepted values of `iss`, compared exactly: with or without a trailing slash are two issuers. */
  readonly iss: readonly string[];
  readonly jwksUri: string;
  /**
   * Origin of the token endpoint for the upload page, if it differs from the origin of `iss`. Only for people and
   * pools.
   */
  readonly tokenOrigin?: string;
  /** Public keys, downloaded at deploy, so that verification needs no network. */
  readonly keys: readonly Jwk[];
  /** Accepted kind of token. */
  readonly token: 'access' | 'id';
  /**
   * Accepted values of `aud`, or of `client_id` for a pool. A token must have at least one. Default: the edge's own
   * origins.
   */
  readonly audiences?: readonly string[];
  /**
   * Client id of the command line at the issuer. `azp`, `appid`, `client_id` and `cid`, if present, must equal it. Only
   * for people.
   */
  readonly clientId?: string;
  /**
   * The “client secret” of a Google desktop client. Google's token endpoint requires it, although every copy of a
   * program contains it. The edge publishes it.
   * https://developers.google.com/identity/protocols/oauth2#installed
   */
  readonly clientSecretPublic?: string;
  /** Scopes to request at sign-in. Only for people. */
  readonly scopes?: readonly string[];
  /** Name of the preset in `cli/trust/presets.ts`. */
  readonly preset?: string;
  /** Claim that `{name}` and `x-amz-meta-uploaded-by` are taken from. */
  readonly name: ClaimPath;
  readonly groups?: ClaimPath;
  /** Maximum seconds from now to `exp`. Default: 24 hours; no limit for a pool. */
  readonly maxAge?: number;
  /** In order. The first match applies; a caller whom no rule matches is refused. */
  readonly rules: readonly Rule[];
}

/** Policy of the pool's users, as the edge publishes it. An absent field sets no limit. */
export interface UploadPolicy extends EdgePolicy {
  /**
   * Prefix that keys must have. `{username}`, `{sub}` and `{group}` are replaced by claims, `{group}` by any of the
   * caller's groups.
   */
  readonly writeTo?: string;
  /** Cognito groups. A caller must be in at least one. */
  readonly allowGroups?: readonly string[];
}
