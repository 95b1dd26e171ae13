import { type CredentialScope, parseAmzDate, queryPairs, type SignedRequest } from './canonical.ts';
import { type SignatureRefusal, signatureError } from './signature-errors.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const CREDENTIAL = /^([^/\s]+)\/(\d{8})\/([^/\s]+)\/([^/\s]+)\/aws4_request$/;
/** Parameters that a presigned query requires besides its algorithm. */
const PRESIGNING = ['Credential', 'Signature', 'Date', 'SignedHeaders', 'Expires'].map(
  (name) => `X-Amz-${name}`,
);

/** The signature of a request and its parameters, not verified yet. */
export interface RequestSignature {
  readonly accessKeyId: string;
  readonly scope: CredentialScope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** As sent, `YYYYMMDD'T'HHMMSS'Z'`. */
  readonly timestamp: string;
  readonly signedAt: Date;
  /** Lifetime of a presigned URL, seconds; absent for a signed header. */
  readonly expires?: number;
}

/** Returns the signature in the `Authorization` header or, for S3, in a presigned query; `undefined` for an unsigned request. */
export function readSignature(request: SignedRequest, service: string): RequestSignature | undefined {
  const header = request.headers.authorization;
  const query = service === 's3' ? presignedQuery(request.query) : undefined;
  if (header === undefined && query === undefined) return undefined;
  const refuse = (refusal: SignatureRefusal) => signatureError(service, refusal);
  if (header !== undefined && query !== undefined) throw refuse({ why: 'unsupported' });
  return query === undefined ? fromHeader(header ?? '', request.headers, refuse) : fromQuery(query, refuse);
}

function fromHeader(
  header: string,
  headers: Readonly<Record<string, string>>,
  refuse: (refusal: SignatureRefusal) => Error,
): RequestSignature {
  if (!header.startsWith(`${ALGORITHM} `)) throw refuse({ why: 'unsupported' });
  const fields = new Map<string, string>();
  for (const part of header.slice(ALGORITHM.length).split(',')) {
    const [name = '', ...value] = part.trim().split('=');
    if (fields.has(name)) throw refuse({ why: 'malformed', detail: `${name} is given twice` });
    fields.set(name, value.join('='));
  }
  return claim(
    {
      credential: fields.get('Credential'),
      signedHeaders: fields.get('SignedHeaders'),
      signature: fields.get('Signature'),
      timestamp: headers['x-amz-date'],
    },
    refuse,
  );
}

function presignedQuery(query: string): Map<string, string> | undefined {
  if (!/(^|&)(X-Amz-(Signature|Algorithm|Credential)|Signature|AWSAccessKeyId)=/.test(query))
    return undefined;
  return new Map(queryPairs(query) ?? []);
}

function fromQuery(
  query: Map<string, string>,
  refuse: (refusal: SignatureRefusal) => Error,
): RequestSignature {
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) throw refuse({ why: 'unsupported' });
  if (query.has('X-Amz-Security-Token')) throw refuse({ why: 'token' });
  const invalid = (detail: string) => refuse({ why: 'malformed-query', detail });
  if (PRESIGNING.some((name) => !query.get(name))) {
    throw invalid(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  const seconds = query.get('X-Amz-Expires') ?? '';
  const expires = Number(seconds);
  if (!/^-?\d+$/.test(seconds)) throw invalid('X-Amz-Expires should be a number');
  if (expires < 0) throw invalid('X-Amz-Expires must be non-negative');
  if (expires > 604_800) {
    throw invalid(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  }
  if (parseAmzDate(query.get('X-Amz-Date') ?? '') === undefined) {
    throw invalid(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`);
  }
  if (!CREDENTIAL.test(query.get('X-Amz-Credential') ?? '')) {
    throw invalid(
      'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  const fields = {
    credential: query.get('X-Amz-Credential'),
    signedHeaders: query.get('X-Amz-SignedHeaders'),
    signature: query.get('X-Amz-Signature'),
    timestamp: query.get('X-Amz-Date'),
  };
  return { ...claim(fields, refuse), expires };
}

interface ClaimFields {
  readonly credential: string | undefined;
  readonly signedHeaders: string | undefined;
  readonly signature: string | undefined;
  readonly timestamp: string | undefined;
}

function claim(fields: ClaimFields, refuse: (refusal: SignatureRefusal) => Error): RequestSignature {
  const malformed = (detail: string) => refuse({ why: 'malformed', detail });
  const { credential, signedHeaders, signature, timestamp = '' } = fields;
  if (credential === undefined) throw malformed('Credential is missing.');
  if (!signedHeaders) throw malformed('SignedHeaders is missing.');
  if (signature === undefined || !/^[0-9a-f]{64}$/.test(signature)) throw malformed('Signature is missing.');
  const match = CREDENTIAL.exec(credential);
  if (match === null) {
    throw malformed('the Credential must be <access key>/YYYYMMDD/<region>/<service>/aws4_request.');
  }
  const [, accessKeyId = '', date = '', region = '', service = ''] = match;
  const signedAt = parseAmzDate(timestamp);
  if (signedAt === undefined) throw malformed("x-amz-date must be a time of the form YYYYMMDD'T'HHMMSS'Z'.");
  if (!timestamp.startsWith(date)) throw malformed('the date of the Credential is not that of x-amz-date.');
  const names = signedHeaders.split(';');
  return {
    accessKeyId,
    scope: { date, region, service },
    signedHeaders: names,
    signature,
    timestamp,
    signedAt,
  };
}
