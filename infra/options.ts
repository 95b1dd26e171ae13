import type { EdgeIssuer } from '../edge/config.ts';

/** The options of a deployment. */
export interface StackOptions {
  /** Largest object in bytes. Default: S3's limits. */
  readonly maxSize?: number;
  /** Prefix that keys must have. `{username}`, `{sub}` and `{group}` are replaced by the caller's claims. */
  readonly writeTo?: string;
  /** Cognito groups whose members are allowed to upload. Default: all users. */
  readonly allowGroups?: readonly string[];
  /** Days after which S3 deletes objects and noncurrent versions. Default: never. */
  readonly expireAfterDays?: number;
  /** False suspends versioning and keeps existing versions. */
  readonly versioning?: boolean;
  /** The operator's host name for the edge; requires {@link certificateArn}. */
  readonly domain?: string;
  /** A certificate of AWS Certificate Manager in us-east-1. */
  readonly certificateArn?: string;
  /** The oldest TLS version that the edge accepts; requires {@link domain}. Default: 1.2. */
  readonly minTls?: MinTls;
  /** A global web ACL of AWS WAF. */
  readonly webAclArn?: string;
  /** Edge locations that CloudFront uses: https://aws.amazon.com/cloudfront/pricing/ */
  readonly priceClass?: PriceClassName;
  /** Origins of pages whose scripts are allowed to upload, such as `https://example.com`. */
  readonly corsOrigins?: readonly string[];
  /** Whether CloudFront writes standard logs to a bucket of their own. False stops them and keeps the bucket. */
  readonly accessLogs?: boolean;
  /** Tags of the stack. CloudFormation adds them to its resources. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Name of the bucket. It is retained when the stack is deleted. An existing bucket is imported. */
  readonly bucketName?: string;
  /** Whether bucket and user pool are retained when the stack is deleted. */
  readonly retainData?: boolean;
  /** Lifetime of access and ID tokens. Default: 60. */
  readonly tokenValidityMinutes?: number;
  /** Whether sign-in asks for a code of an authenticator app. */
  readonly mfa?: Mfa;
  /** The user pool's feature plan, which sets its price. Default: Essentials. */
  readonly cognitoTier?: CognitoTier;
  /** Whether the edge serves the upload page at its root. */
  readonly page?: boolean;
  /** Heading of the upload page, such as the name of the recipient. */
  readonly pageTitle?: string;
  /** Text below the heading. */
  readonly pageNote?: string;
  /** Colour of buttons and bars, as `#rrggbb`. */
  readonly pageColor?: string;
  /** SVG above the heading, sanitized by `cli/stack/options/page-logo.ts`. */
  readonly pageLogo?: string;
  /** Whether there is a user pool. False: uploaders sign in only with the issuers of {@link trust}. Default: true. */
  readonly userPool?: boolean;
  /** Identity provider of the user pool: `saml:` and the URL of its metadata, or `oidc:` and its issuer. */
  readonly idp?: string;
  /** The pool's client id at an OpenID Connect provider; requires {@link idpSecret}. */
  readonly idpClientId?: string;
  /** Name or ARN of the AWS Secrets Manager secret that contains the client secret. */
  readonly idpSecret?: string;
  /** Whether Amazon EventBridge receives an event for each object. {@link notify} and {@link scan} turn it on too. */
  readonly events?: boolean;
  /** E-mail addresses that are notified of each upload. */
  readonly notify?: readonly string[];
  /** Whether GuardDuty scans each object for malware. */
  readonly scan?: boolean;
  /** ARN of the KMS key that S3 encrypts objects with. Default: S3's own keys. */
  readonly kmsKeyArn?: string;
  /** Issuers other than the user pool, in the order in which they were added. Every deploy downloads their keys. */
  readonly trust?: readonly TrustedIssuer[];
  /** Keys that sign upload links and keys. Absent until the first one is created. */
  readonly signing?: StackSigning;
}

/** The signing keys of a deployment, and its revoked links and keys. */
export interface StackSigning {
  /** Newest first. The first one signs; the others only verify. */
  readonly keys: readonly StackSigningKey[];
  readonly revoked?: readonly RevokedToken[];
}

export interface StackSigningKey {
  /** A number, counted from 1 and never reused. Part of the logical id, `SigningKey<id>`. */
  readonly id: string;
  /**
   * When the last token that it signed expires, in seconds since 1970. Later deploys delete the key. Absent for the
   * newest key.
   */
  readonly until?: number;
}

export interface RevokedToken {
  readonly id: string;
  /** When the token expires, in seconds since 1970. Later deploys drop the entry. */
  readonly until: number;
}

/** A trusted issuer. Every deploy downloads its keys. */
export type TrustedIssuer = Omit<EdgeIssuer, 'keys'>;

export type PriceClassName = '100' | '200' | 'all';
export type MinTls = '1.2' | '1.3';
export type CognitoTier = 'lite' | 'essentials';
export type Mfa = 'off' | 'optional' | 'required';

/**
 * Key of this project's metadata in the template. The bucket's metadata contains the options, because CloudFormation
 * also applies an update that changes only metadata.
 */
export const OPTIONS_METADATA = 'edge-upload';
