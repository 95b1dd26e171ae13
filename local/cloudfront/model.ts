import { createHash } from 'node:crypto';
import { randomPiece } from '../secrets.ts';

/** The validated configuration of a distribution, as plain JSON. */
export interface DistributionConfig {
  readonly enabled: boolean;
  /** Alternate domain names; absent for none. */
  readonly aliases?: readonly string[];
  /** Whether viewers that ask for an alias must speak TLS 1.3. */
  readonly tls13Only?: boolean;
  /** Standard logs; absent: none are written. */
  readonly logging?: { readonly bucketHost: string; readonly prefix: string };
  readonly origins: readonly OriginConfig[];
  readonly defaultBehavior: BehaviorConfig;
  /** In the order of the template, which is the order in which they are matched. */
  readonly behaviors: readonly (BehaviorConfig & { readonly pathPattern: string })[];
}

export interface OriginConfig {
  readonly id: string;
  readonly domainName: string;
  /** Empty, or begins with `/` and does not end with one. */
  readonly path: string;
  /** Absent: requests to the origin are not signed. */
  readonly accessControlId?: string;
  /** 1 to 120; counted from the end of the forwarded request. */
  readonly readTimeoutSeconds: number;
}

export interface BehaviorConfig {
  readonly targetOriginId: string;
  readonly allowedMethods: readonly string[];
  readonly originRequestPolicyId?: string;
  readonly responseHeadersPolicyId?: string;
  /** The published version that runs on each viewer request. */
  readonly viewerRequest?: string;
}

/** All cache behaviors, the default one first. */
export function behaviorsOf({ defaultBehavior, behaviors }: DistributionConfig): readonly BehaviorConfig[] {
  return [defaultBehavior, ...behaviors];
}

export interface StoredDistribution {
  readonly id: string;
  /** Loopback port of its listener, the same for its whole life. */
  readonly port: number;
  readonly config: DistributionConfig;
}

export interface StoredAccessControl {
  readonly id: string;
  readonly name: string;
  readonly signing: 'always' | 'never';
}

/**
 * Which of a request's headers, cookies or query parameters are forwarded: none, all, those named, or all except those
 * named.
 */
export interface Selection {
  readonly behavior: 'none' | 'all' | 'whitelist' | 'allExcept';
  /** Lower case for headers. */
  readonly names: readonly string[];
}

export interface OriginRequestPolicy {
  readonly headers: Selection;
  readonly cookies: Selection;
  readonly queryStrings: Selection;
}

export interface StoredOriginRequestPolicy extends OriginRequestPolicy {
  readonly id: string;
  readonly name: string;
}

export interface StoredResponseHeadersPolicy {
  readonly id: string;
  readonly name: string;
  readonly set: readonly { readonly name: string; readonly value: string; readonly override: boolean }[];
  /** Lower case. */
  readonly remove: readonly string[];
  readonly cors?: CorsPolicy;
}

export interface CorsPolicy {
  /** As pages send them, or `*`. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeSeconds?: number;
  /** Whether these headers replace those of the origin. */
  readonly override: boolean;
}

/** Returns the domain name of a distribution, which is on loopback and has its own port. */
export function domainName(port: number): string {
  return `127.0.0.1:${port}`;
}

/** Returns the id of a distribution or origin access control: `E` and 13 capitals or digits. */
export function distributionId(suffix: string): string {
  return `E${suffix.slice(0, 13).toUpperCase()}`;
}

/** Returns an id for `x-amz-cf-id` and the event's `requestId`: 56 characters, the same for one request. */
export function requestId(): string {
  return randomPiece(40).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** The name an edge server gives itself in `Via`. */
export function edgeName(id: string): string {
  const name = edgeNames.get(id) ?? `${createHash('md5').update(id).digest('hex')}.cloudfront.net`;
  edgeNames.set(id, name);
  return name;
}

/** Cached by distribution, because every response contains the name twice. */
const edgeNames = new Map<string, string>();
