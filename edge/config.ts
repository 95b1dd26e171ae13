import type { ClaimPath } from '../protocol/claims.ts';
import type { Jwk } from '../protocol/signing-key.ts';
import type { Rule } from '../protocol/upload-rule.ts';

/** Values of the user pool, which must exist before them. */
export interface PoolIdentity {
  readonly userPoolId: string;
  readonly clientId: string;
  /** The pool's key set. */
  readonly jwks: { readonly keys: readonly Jwk[] };
  /** `http://127.0.0.1:<port>` of an embedded cloud, where the upload page signs in. Absent: AWS's of the pool's region. */
  readonly userPoolEndpoint?: string;
  /** Origin of the pool's managed login, where the upload page gets tokens. Absent: the page does not offer it. */
  readonly managedLogin?: string;
}

/** What is baked into the function's code: Lambda@Edge has no environment variables. Public data only. */
export interface BakedConfig extends Partial<PoolIdentity> {
  /** Of the pool's users; its size and pages are those of all callers. */
  readonly policy: UploadPolicy;
  /** All others than the pool. */
  readonly issuers?: readonly EdgeIssuer[];
  /** Of the deployment's own issuer, which signs links and keys. Absent: neither is accepted. */
  readonly signing?: Signing;
  /** Absent: the edge serves no page. Its files are a constant of their own: see `EdgePage`. */
  readonly page?: PageSettings;
  /** A provider is behind the user pool: people sign in at the pool's managed login too. */
  readonly idp?: true;
  readonly origins?: readonly string[];
  readonly bakedAt?: number;
}

/** What verifies links and keys. */
export interface Signing {
  /** Ed25519, the newest first. `kid` is the beginning of the RFC 7638 thumbprint. */
  readonly keys: readonly Jwk[];
  /** Ids of links and keys that are refused. */
  readonly revoked?: readonly string[];
}

/** How the upload page presents itself. Everybody can read it. */
export interface PageSettings {
  readonly title?: string;
  readonly note?: string;
  /** `#rrggbb`. */
  readonly color?: string;
  /** Whether `logo.svg` is among the files. */
  readonly logo?: true;
}

/** Files of the upload page by name. The page itself has the empty name; the other names contain a hash, the logo's apart. */
export type EdgePage = Readonly<Record<string, PageFile>>;

interface PageFile {
  /** `Content-Type`. */
  readonly type: string;
  /** The content, compressed with gzip, in base64. */
  readonly gzip: string;
}

/** What the function works with: see `configOf` in pool-issuer.ts. */
export interface EdgeConfig {
  /** Whose tokens count. The pool is first, where there is one; the deployment's own issuer is last. */
  readonly issuers: readonly EdgeIssuer[];
  /** Of all callers. The smaller of its size and the rule's counts. */
  readonly policy: EdgePolicy;
  /** `https://<domain>` of the operator's own domain; the distribution's name comes with every event. */
  readonly origins: readonly string[];
  /** Seconds since 1970 when the key sets of other issuers than the pool were downloaded. Absent without such issuers. */
  readonly bakedAt?: number;
  /** Ids of links and keys that are refused. */
  readonly revoked?: ReadonlySet<string>;
  readonly page?: PageSettings;
  /** A provider is behind the user pool. */
  readonly idp?: true;
  /** See `PoolIdentity`. */
  readonly managedLogin?: string;
}

export interface EdgePolicy {
  /** Largest object in bytes. Absent: S3's own bounds. */
  readonly maxSize?: number;
  /** Origins of pages whose scripts are allowed to upload, as browsers send them in `Origin`. */
  readonly corsOrigins?: readonly string[];
}

/** Whose tokens the edge accepts. */
export interface EdgeIssuer {
  /** `[a-z][a-z0-9-]{0,31}`. `cognito` is the pool's, `edge` the deployment's own issuer's. */
  readonly alias: string;
  /** `edge`: the deployment's own issuer. Its tokens are links and keys, which name what they grant: it has no rules. */
  readonly kind: 'pool' | 'people' | 'workload' | 'edge';
  /** Values of `iss`, compared as they are: a slash more or less is another issuer. */
  readonly iss: readonly string[];
  readonly jwksUri: string;
  /** Origin where scripts of the upload page get tokens, if it is not that of `iss`. People and pools only. */
  readonly tokenOrigin?: string;
  /** As fetched at deploy, so that verifying needs no network. */
  readonly keys: readonly Jwk[];
  /** The kind of token that is accepted. */
  readonly token: 'access' | 'id';
  /** Values of `aud`, one of which must be there. Absent: the edge's own origins. For a pool: values of `client_id`. */
  readonly audiences?: readonly string[];
  /** The command line's client at the issuer; `azp`, `client_id` and `cid` must be it where they are there. People only. */
  readonly clientId?: string;
  /**
   * The “client secret” of a desktop client of Google, which its token endpoint demands although every copy of a program
   * has it. The edge shows it to everybody. https://developers.google.com/identity/protocols/oauth2#installed
   */
  readonly clientSecretPublic?: string;
  /** Scopes to ask for at sign-in. People only. */
  readonly scopes?: readonly string[];
  /** The provider's name in `cli/trust/presets.ts`. */
  readonly preset?: string;
  /** The claim of `{name}` and of `x-amz-meta-uploaded-by`. */
  readonly name: ClaimPath;
  readonly groups?: ClaimPath;
  /** Maximum seconds from now to `exp`. Default: 24 hours; no limit for a pool. */
  readonly maxAge?: number;
  /** The first that fits decides. None fits: refused. */
  readonly rules: readonly Rule[];
}

/** What applies to the pool's users, as the description shows it. Everything that is absent does not restrict. */
export interface UploadPolicy extends EdgePolicy {
  /** Keys must begin with this; `{username}`, `{sub}` and `{group}`, any of the caller's, stand for claims. */
  readonly writeTo?: string;
  /** A caller must be in one of these Cognito groups. */
  readonly allowGroups?: readonly string[];
}
