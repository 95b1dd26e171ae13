import type { EdgeIssuer, UploadPolicy } from '../edge/config.ts';
import { omitUndefined } from '../protocol/omit-undefined.ts';

/** The options of a deployment. An absent option has its default. */
export interface StackOptions {
  /** Largest object in bytes. */
  readonly maxSize?: number;
  /** Prefix of keys. `{username}`, `{sub}` and `{group}` are replaced by the caller's claims. */
  readonly writeTo?: string;
  /** Only members of one of these Cognito groups are allowed to upload. */
  readonly allowGroups?: readonly string[];
  /** Days after which S3 deletes an object, and a noncurrent version. */
  readonly expireAfterDays?: number;
  /** False suspends versioning and keeps existing versions. */
  readonly versioning?: boolean;
  /** The operator's own host name for the edge; requires {@link certificateArn}. */
  readonly domain?: string;
  /** Of AWS Certificate Manager, in us-east-1. */
  readonly certificateArn?: string;
  /** The oldest TLS version that the edge accepts; requires {@link domain}. 1.2 if absent. */
  readonly minTls?: MinTls;
  /** A global web ACL of WAFv2. */
  readonly webAclArn?: string;
  /** Regions that CloudFront serves from: https://aws.amazon.com/cloudfront/pricing/ */
  readonly priceClass?: PriceClassName;
  /** Origins of pages whose scripts are allowed to upload, such as `https://example.com`. */
  readonly corsOrigins?: readonly string[];
  /** CloudFront's standard logs, in their own bucket. False stops them and keeps the bucket. */
  readonly accessLogs?: boolean;
  /** Tags of the stack, which CloudFormation adds to its resources. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Name of the bucket, which then stays when the stack is deleted. An existing bucket is adopted. */
  readonly bucketName?: string;
  /** Keep bucket and user pool when the stack is deleted. */
  readonly retainData?: boolean;
  /** Lifetime of access and ID tokens. */
  readonly tokenValidityMinutes?: number;
  /** Codes of an authenticator app at sign-in. */
  readonly mfa?: Mfa;
  /** The user pool's feature plan, which sets Cognito's price; Essentials if absent. */
  readonly cognitoTier?: CognitoTier;
  /** The upload page at the edge's root. */
  readonly page?: boolean;
  /** The page's heading, such as who receives the files. */
  readonly pageTitle?: string;
  /** A sentence or two below the heading. */
  readonly pageNote?: string;
  /** Colour of buttons and bars, `#rrggbb`. */
  readonly pageColor?: string;
  /** An SVG drawing above the heading, cleaned by `cli/stack/options/page-logo.ts`. */
  readonly pageLogo?: string;
  /** False: no user pool. Uploaders then sign in only with the issuers of {@link trust}. */
  readonly userPool?: boolean;
  /** The provider behind the user pool: `saml:` and the address of its metadata, or `oidc:` and an issuer. */
  readonly idp?: string;
  /** Client id of the pool at an OpenID Connect provider; requires {@link idpSecret}. */
  readonly idpClientId?: string;
  /** Name or ARN of the secret in AWS Secrets Manager with the client's secret. */
  readonly idpSecret?: string;
  /** Amazon EventBridge gets an event for each object; also on with {@link notify} and {@link scan}. */
  readonly events?: boolean;
  /** E-mail addresses that get a notice of each upload. */
  readonly notify?: readonly string[];
  /** GuardDuty scans each object for malware. */
  readonly scan?: boolean;
  /** ARN of the KMS key that S3 encrypts objects with; absent for S3's own keys. */
  readonly kmsKeyArn?: string;
  /** Issuers beside the user pool, in the order in which they were added. Every deploy fetches their keys. */
  readonly trust?: readonly TrustedIssuer[];
  /** Signs upload links and keys. Absent until the first one is created. */
  readonly signing?: StackSigning;
}

/** The signing keys of a deployment, and the ids of revoked tokens. */
export interface StackSigning {
  /** Newest first. The newest signs; the others only verify. */
  readonly keys: readonly StackSigningKey[];
  readonly revoked?: readonly RevokedToken[];
}

export interface StackSigningKey {
  /** A number from 1 upwards, never used twice. It is part of the logical id, `SigningKey<id>`. */
  readonly id: string;
  /** Seconds since 1970 when its last token expires; later deploys delete the key. Absent for the newest key. */
  readonly until?: number;
}

export interface RevokedToken {
  readonly id: string;
  /** Seconds since 1970 when the token expires. Later deploys omit it. */
  readonly until: number;
}

/** An issuer in the options. Every deploy fetches its keys. */
export type TrustedIssuer = Omit<EdgeIssuer, 'keys'>;

export type PriceClassName = '100' | '200' | 'all';
export type MinTls = '1.2' | '1.3';
export type CognitoTier = 'lite' | 'essentials';
export type Mfa = 'off' | 'optional' | 'required';

/** The part of the options that the edge describes: rules for everybody, and for the users of the pool. */
export function policyOf({
  maxSize,
  writeTo,
  allowGroups,
  corsOrigins,
  userPool = true,
}: StackOptions): UploadPolicy {
  return omitUndefined(userPool ? { maxSize, writeTo, allowGroups, corsOrigins } : { maxSize, corsOrigins });
}

/**
 * The name of our metadata in the template. The bucket's metadata contains the options, because CloudFormation applies an
 * update that changes only metadata.
 */
export const OPTIONS_METADATA = 'edge-upload';
