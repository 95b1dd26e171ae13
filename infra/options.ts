import type { EdgeIssuer, UploadPolicy } from '../edge/config.ts';
import { omitUndefined } from '../protocol/omit-undefined.ts';

/** The options of a deployment. An absent option has its default. */
export interface StackOptions {
  /** Largest object in bytes. */
  readonly maxSize?: number;
  /** Keys must begin with this; `{username}`, `{sub}` and `{group}` stand for the caller's claims. */
  readonly writeTo?: string;
  /** Only members of one of these Cognito groups are allowed to upload. */
  readonly allowGroups?: readonly string[];
  /** Days after which S3 deletes an object, and a version that is no longer the current one. */
  readonly expireAfterDays?: number;
  /** False: suspended, with the versions there are. */
  readonly versioning?: boolean;
  /** A host name of the operator's own for the edge; goes with {@link certificateArn}. */
  readonly domain?: string;
  /** Of AWS Certificate Manager, in us-east-1. */
  readonly certificateArn?: string;
  /** The oldest TLS that the edge accepts; goes with {@link domain}. 1.2 if absent. */
  readonly minTls?: MinTls;
  /** A global web ACL of WAFv2. */
  readonly webAclArn?: string;
  /** Regions that CloudFront serves from: https://aws.amazon.com/cloudfront/pricing/ */
  readonly priceClass?: PriceClassName;
  /** Origins of pages whose scripts are allowed to upload, such as `https://example.com`. */
  readonly corsOrigins?: readonly string[];
  /** CloudFront's standard logs, in a bucket of their own. False: no more of them, and that bucket stays. */
  readonly accessLogs?: boolean;
  /** Of the stack, from which CloudFormation gives them to its resources. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Of the bucket, which then stays when the stack goes; one that exists already is adopted. */
  readonly bucketName?: string;
  /** Keep bucket and user pool when the stack is deleted. */
  readonly retainData?: boolean;
  /** Of access and id tokens. */
  readonly tokenValidityMinutes?: number;
  /** Codes of an authenticator app at sign-in. */
  readonly mfa?: Mfa;
  /** The user pool's feature plan, by which Cognito charges; Essentials if absent. */
  readonly cognitoTier?: CognitoTier;
  /** The upload page at the edge's root. */
  readonly page?: boolean;
  /** Who receives the files, as the page's heading. */
  readonly pageTitle?: string;
  /** A sentence or two below the heading. */
  readonly pageNote?: string;
  /** `#rrggbb`, of buttons and bars. */
  readonly pageColor?: string;
  /** An SVG drawing above the heading, as `cli/stack/options/page-logo.ts` cleans it. */
  readonly pageLogo?: string;
  /** False: no user pool. Uploaders then sign in with the issuers of {@link trust} alone. */
  readonly userPool?: boolean;
  /** The provider behind the user pool: `saml:` and the address of its metadata, or `oidc:` and an issuer. */
  readonly idp?: string;
  /** Of the pool at an OpenID Connect provider; goes with {@link idpSecret}. */
  readonly idpClientId?: string;
  /** The secret of AWS Secrets Manager that holds the client's secret, by its name or ARN. */
  readonly idpSecret?: string;
  /** Amazon EventBridge gets an event for each object; also on with {@link notify} and {@link scan}. */
  readonly events?: boolean;
  /** E-mail addresses that are told of each upload. */
  readonly notify?: readonly string[];
  /** GuardDuty scans each object for malware. */
  readonly scan?: boolean;
  /** Of the KMS key that S3 encrypts objects with; absent: with keys of its own. */
  readonly kmsKeyArn?: string;
  /** Issuers beside the user pool, in the order in which they were added. Every deploy fetches their keys. */
  readonly trust?: readonly TrustedIssuer[];
  /** Signs upload links and keys. Absent until the first one is created. */
  readonly signing?: KeptSigning;
}

/** The signing keys of a deployment, and the tokens that they no longer vouch for. */
export interface KeptSigning {
  /** Newest first. The newest signs; the others only verify. */
  readonly keys: readonly StackSigningKey[];
  readonly revoked?: readonly RevokedToken[];
}

export interface StackSigningKey {
  /** A number from 1 upwards, never given twice: part of the logical id, `SigningKey<id>`. */
  readonly id: string;
  /** Seconds since 1970 when its last token ends: later deploys delete the key. Absent for the newest. */
  readonly until?: number;
}

export interface RevokedToken {
  readonly id: string;
  /** Seconds since 1970 when the token ends. Later deploys leave it out. */
  readonly until: number;
}

/** An issuer as it is kept: every deploy fetches its keys. */
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
 * The name of our metadata in the template. A deployment keeps its options in its bucket's, whose change CloudFormation
 * takes for a change.
 */
export const OPTIONS_METADATA = 'edge-upload';
