import { timingSafeEqual } from 'node:crypto';
import { REGION } from '../account.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpRequest } from '../wire/http.ts';
import { steadyBody } from '../wire/idle-body.ts';
import {
  amzDate,
  type ChunkSigner,
  canonicalRequest,
  chunkSigner,
  EMPTY_SHA256,
  type SignedRequest,
  scopeText,
  sha256,
  signatureOf,
  signingKey,
} from './canonical.ts';
import type { Identities, Principal } from './identities.ts';
import { type RequestSignature, readSignature } from './request-signature.ts';
import { type SignatureRefusal, signatureError } from './signature-errors.ts';

/** How the signature covers the body. The reader of the body must check it. */
export type PayloadMode =
  | { readonly kind: 'signed'; readonly sha256: string }
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'signed-chunks'; readonly trailer: boolean }
  | { readonly kind: 'unsigned-chunks' };

export interface Authentication {
  readonly principal: Principal;
  /** Empty for an anonymous request. */
  readonly accessKeyId: string;
  readonly payload: PayloadMode;
  /** Only for `signed-chunks`. */
  readonly chunkSigner?: ChunkSigner;
}

export interface AuthenticateOptions {
  /** As in the credential scope: `s3`, `cognito-idp`, `cloudformation`, `lambda`, `logs`, `sts`. */
  readonly service: string;
  /** Accepts requests to other regions. The caller distinguishes them. */
  readonly anyRegion?: boolean;
  readonly identities: Identities;
  readonly now: Date;
}

const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
const MAX_TEXT_BYTES = 1024 * 1024;
const MAX_TEXT_MS = 60_000;

/**
 * Verifies the request's signature version 4, in its header or (only S3) in a presigned query. A request without a
 * signature is anonymous. The body is not read; `payload` is how to verify it.
 *
 * @throws AwsError in the service's own words, e.g. `InvalidAccessKeyId`, `SignatureDoesNotMatch` or `RequestTimeTooSkewed`
 */
export function authenticate(request: HttpRequest, options: AuthenticateOptions): Authentication {
  const claim = readSignature(request, options.service);
  const declared = request.headers['x-amz-content-sha256'];
  if (claim === undefined) {
    const payload = payloadMode(declared ?? UNSIGNED_PAYLOAD);
    return { principal: { kind: 'anonymous' }, accessKeyId: '', payload };
  }
  const hash = declared ?? impliedHash(claim, options.service);
  return verified(request, claim, hash, payloadMode(hash), options);
}

/** Verifies the signature over a whole body: for every service but S3. @throws AwsError as {@link authenticate} */
export function authenticateBody(
  request: HttpRequest,
  body: Buffer,
  options: AuthenticateOptions,
): { principal: Principal; region: string } {
  const claim = readSignature(request, options.service);
  if (claim === undefined) return { principal: { kind: 'anonymous' }, region: REGION };
  const hash = sha256(body);
  const declared = request.headers['x-amz-content-sha256'];
  if (declared !== undefined && declared !== hash) throw signatureError(options.service, { why: 'mismatch' });
  const payload: PayloadMode = { kind: 'signed', sha256: hash };
  const { principal } = verified(request, claim, hash, payload, options);
  return { principal, region: claim.scope.region };
}

export interface SignOptions {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly service: string;
  readonly region: string;
  readonly now: Date;
  /** Hex SHA-256 of the body, or `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string;
  /**
   * `sent`: the query is signed unchanged. S3 decodes and encodes it again, and refuses the signature if the two differ.
   */
  readonly queryAs?: 'encoded' | 'sent';
}

/** Headers that are signed besides `x-amz-*`. */
const ALWAYS_SIGNED = ['host', 'content-type', 'content-md5'];

/**
 * Signs a request whose headers include `host`. Returns the headers to add, such as `authorization`. The signature covers
 * `host`, `content-type`, `content-md5` and every `x-amz-*`, as S3 requires.
 */
export function sign(request: SignedRequest, options: SignOptions): Record<string, string> {
  const timestamp = amzDate(options.now);
  const scope = { date: timestamp.slice(0, 8), region: options.region, service: options.service };
  const added = { 'x-amz-date': timestamp, 'x-amz-content-sha256': options.payloadHash };
  const headers = { ...request.headers, ...added };
  const names = Object.keys(headers)
    .filter((name) => name.startsWith('x-amz-') || ALWAYS_SIGNED.includes(name))
    .sort();
  const canonical = canonicalRequest(
    { ...request, headers },
    scope.service,
    names,
    options.payloadHash,
    options.queryAs,
  );
  if (canonical === undefined) throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  const signature = signatureOf(signingKey(options.secret, scope), timestamp, scope, canonical);
  const credential = `${options.accessKeyId}/${scopeText(scope)}`;
  return {
    ...added,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature.toString('hex')}`,
  };
}

function verified(
  request: HttpRequest,
  claim: RequestSignature,
  payloadHash: string,
  payload: PayloadMode,
  { service, identities, now, anyRegion = false }: AuthenticateOptions,
): Authentication {
  const refuse = (refusal: SignatureRefusal) => signatureError(service, refusal);
  const { scope, accessKeyId, signedHeaders, timestamp } = claim;
  const presigned = claim.expires !== undefined;
  if (scope.service !== service)
    throw refuse({ why: 'wrong-service', given: scope.service, expected: service, presigned });
  if (scope.region !== REGION && !anyRegion)
    throw refuse({ why: 'wrong-region', given: scope.region, expected: REGION, presigned });
  const identity = identities.find(accessKeyId);
  if (request.headers['x-amz-security-token'] !== identity?.session?.token) throw refuse({ why: 'token' });
  const unsigned = unsignedHeaders(request.headers, signedHeaders, service);
  if (unsigned.length > 0) throw refuse({ why: 'unsigned-headers', names: unsigned });
  checkTime(claim, service, now, refuse);

  if (identity === undefined) throw refuse({ why: 'unknown-key', accessKeyId });
  const { secret, principal, session } = identity;
  if (session !== undefined && session.expires <= now) throw refuse({ why: 'expired-token' });
  const canonical = canonicalRequest(request, service, signedHeaders, payloadHash);
  if (canonical === undefined) throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  const key = signingKey(secret, scope);
  const expected = signatureOf(key, timestamp, scope, canonical);
  if (!timingSafeEqual(expected, Buffer.from(claim.signature, 'hex'))) throw refuse({ why: 'mismatch' });
  if (payload.kind !== 'signed-chunks') return { principal, accessKeyId, payload };
  return {
    principal,
    accessKeyId,
    payload,
    chunkSigner: chunkSigner(key, timestamp, scope, claim.signature),
  };
}

/** S3 requires every `x-amz-*` to be signed, so that nobody can add one in transit. */
function unsignedHeaders(
  headers: Readonly<Record<string, string>>,
  signed: readonly string[],
  service: string,
): string[] {
  const unsigned = signed.includes('host') ? [] : ['host'];
  if (service !== 's3') return unsigned;
  for (const name in headers) {
    if (name.startsWith('x-amz-') && !signed.includes(name)) unsigned.push(name);
  }
  return unsigned;
}

function checkTime(
  claim: RequestSignature,
  service: string,
  now: Date,
  refuse: (refusal: SignatureRefusal) => Error,
): void {
  const { signedAt, timestamp, expires } = claim;
  const age = now.getTime() - signedAt.getTime();
  if (expires !== undefined) {
    if (age < -900_000) throw refuse({ why: 'early', now: now.toISOString() });
    if (age >= expires * 1000) throw refuse({ why: 'expired', now: now.toISOString() });
    return;
  }
  const allowed = service === 's3' ? 900_000 : 300_000;
  if (Math.abs(age) > allowed) throw refuse({ why: 'skewed', signedAt: timestamp, now: amzDate(now) });
}

function payloadMode(declared: string): PayloadMode {
  switch (declared) {
    case UNSIGNED_PAYLOAD:
      return { kind: 'unsigned' };
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { kind: 'unsigned-chunks' };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
      return { kind: 'signed-chunks', trailer: false };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { kind: 'signed-chunks', trailer: true };
  }
  if (!/^[0-9a-f]{64}$/i.test(declared)) {
    throw new AwsError(
      'InvalidArgument',
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, ' +
        'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-UNSIGNED-PAYLOAD-TRAILER or a valid sha256 value.',
      400,
      { ArgumentName: 'x-amz-content-sha256', ArgumentValue: declared },
    );
  }
  return { kind: 'signed', sha256: declared.toLowerCase() };
}

/** Returns the body hash of a request without `x-amz-content-sha256`. */
function impliedHash(claim: RequestSignature, service: string): string {
  if (claim.expires !== undefined) return UNSIGNED_PAYLOAD;
  if (service !== 's3') return EMPTY_SHA256;
  throw new AwsError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
}

const tooSlow = () =>
  new AwsError('RequestTimeoutException', 'The request body did not arrive in time.', 408);

/** Reads a body of at most 1 MiB. @throws AwsError `RequestEntityTooLarge` (413), `RequestTimeoutException` (408) */
export async function readBody({ body, continueBody }: HttpRequest): Promise<Buffer> {
  continueBody?.();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of steadyBody(body, { wholeMs: MAX_TEXT_MS, tooSlow })) {
    size += chunk.length;
    if (size > MAX_TEXT_BYTES) {
      throw new AwsError('RequestEntityTooLarge', 'The request body is larger than 1 MiB.', 413);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
