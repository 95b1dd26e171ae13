import { POOL_ALIAS } from '../../../protocol/issuer.ts';
import { command, type Hint } from '../../command-line.ts';
import type { ErrorCode, LibraryTexts } from '../../errors.ts';
import { type ErrorDocument, NotInGroup } from './responses.ts';

interface KnownRefusal {
  readonly code: ErrorCode;
  /** After “<key>: ”, without a full stop. */
  readonly why: string;
  readonly hint: Hint;
  readonly library?: LibraryTexts;
}

const GROUP: KnownRefusal = {
  code: 'forbidden',
  why: 'you are in no group that is allowed to upload',
  hint: ['An operator adds you with:', command`edge-upload user groups <name> --add <group>`],
};

const CALLER: KnownRefusal = {
  code: 'forbidden',
  why: 'no rule of the edge allows this caller to upload',
  hint: ['Operators: see the rules of the edge with:', command`edge-upload trust list`],
};

/** Explanations of codes of S3 and of the edge; ` is replaced by S3's detail. */
const KNOWN: Readonly<Record<string, KnownRefusal>> = {
  AccessDenied: {
    code: 'forbidden',
    why: 'S3 does not allow CloudFront to store it',
    hint: [
      'The edge allowed it. Operators: check the policy of the bucket with:',
      command`edge-upload doctor`,
    ],
  },
  HeadersNotSigned: {
    code: 'refused_by_store',
    why: 'CloudFront forwarded headers to S3 that it did not sign ($)',
    hint: [
      'Upload without the flag that sends the header, such as --metadata. Operators: check the origin access control with:',
      command`edge-upload doctor`,
    ],
    library: {
      hint: [
        'Upload without the option that sends the header, such as metadata. Operators: check the origin access control with:',
        command`edge-upload doctor`,
      ],
    },
  },
  SignatureDoesNotMatch: {
    code: 'refused_by_store',
    why: 'S3 does not accept the signature of CloudFront',
    hint: [
      'Something changes the request behind CloudFront, or the origin access control is not the deployed one. Operators:',
      command`edge-upload doctor`,
    ],
  },
  PermanentRedirect: {
    code: 'refused_by_store',
    why: 'S3 redirects to another address ($): the bucket is not where the edge looks for it',
    hint: [
      'Operators: the bucket of the deployment must be in us-east-1. Deploy again with:',
      command`edge-upload deploy`,
    ],
  },
  NoSuchBucket: {
    code: 'refused_by_store',
    why: 'the bucket of this edge no longer exists',
    hint: ['Operators:', command`edge-upload status`],
  },
  MetadataTooLarge: {
    code: 'usage',
    why: 'it has more metadata than S3 stores',
    hint: "Use less --metadata: names and values have 2 KB in all, including the uploader's name that the edge adds.",
    library: {
      hint: "Use less metadata: names and values have 2 KB in all, including the uploader's name that the edge adds.",
    },
  },
  length_required: {
    code: 'refused_by_edge',
    why: 'the request arrived without Content-Length',
    hint: 'A proxy in between removes it. Name the host of the edge in NO_PROXY.',
    library: { hint: 'A proxy in between removes it. Omit the option “proxy”.' },
  },
  method_not_allowed: {
    code: 'refused_by_edge',
    why: 'the request arrived with another method',
    hint: [
      'A proxy or a redirect in between may change it. Check the address with:',
      command`edge-upload doctor`,
    ],
  },
  forbidden_group: GROUP,
};

const LONG_HEADERS: KnownRefusal = {
  code: 'usage',
  why: 'its headers are too long',
  hint: 'Use less --metadata.',
  library: { hint: 'Use less metadata.' },
};

const STATUSES: Readonly<Record<number, KnownRefusal>> = {
  414: {
    code: 'bad_key',
    why: 'its URL is too long',
    hint: 'Choose a shorter key with --as or --prefix.',
    library: { hint: 'Choose a shorter key.' },
  },
  431: LONG_HEADERS,
  // CloudFront's status for headers that are too long.
  494: LONG_HEADERS,
};

/** For a 413 of neither the edge nor the store. */
const LARGE_BODY: KnownRefusal = {
  code: 'too_large',
  why: 'a proxy in between does not accept bodies of this size',
  hint: 'Ask its administrator to allow larger ones, or send smaller parts with --multipart always --part-size 5MiB.',
  library: {
    hint: 'Ask its administrator to allow larger ones, or send smaller parts with multipart: "always" and a partSize of 5 MiB.',
  },
};

/** Returns the explanation of a refusal; `undefined` if its code and status are not in the tables. */
export function knownRefusal({ from, code }: ErrorDocument, status: number): KnownRefusal | undefined {
  if (from !== 'between' && Object.hasOwn(KNOWN, code)) return KNOWN[code];
  if (from === 'store' && status === 301) return KNOWN.PermanentRedirect;
  if (from === 'between' && status === 413) return LARGE_BODY;
  return STATUSES[status];
}

/**
 * Returns the error for a caller who is in no group that is allowed to upload, or whom no rule allows to.
 * @param issuer Alias of the caller's issuer, as the edge names it.
 */
export function notAllowed(subject: string, issuer = POOL_ALIAS): NotInGroup {
  const { code, why, hint } = issuer === POOL_ALIAS ? GROUP : CALLER;
  return new NotInGroup(code, `Uploads to ${subject} are refused: ${why}.`, { hint });
}
