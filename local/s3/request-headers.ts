import { ACCOUNT_ID } from '../account.ts';
import { AwsError } from '../wire/errors.ts';
import { ALGORITHM_NAMES, checksumHeader } from './checksums/algorithms.ts';
import { accessDenied, invalidArgument, notImplemented } from './errors.ts';
import { META } from './headers.ts';

type Headers = Readonly<Record<string, string>>;

const ENCRYPTION = 'x-amz-server-side-encryption';
const OWNERS = ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner'] as const;

/** `x-amz-*` headers of every operation. */
const COMMON = [
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
  'x-amz-user-agent',
  'x-amz-cf-id',
  'x-amz-request-payer',
  OWNERS[0],
];

/** Headers of operations whose body has a checksum. */
const BODY = [
  'x-amz-decoded-content-length',
  'x-amz-trailer',
  'x-amz-sdk-checksum-algorithm',
  ...ALGORITHM_NAMES.map(checksumHeader),
];

/** Headers of operations that set what an object has besides its bytes, such as the headers with {@link META}. */
const OBJECT = ['x-amz-acl', 'x-amz-storage-class', ENCRYPTION];

const SOURCE = [
  'x-amz-copy-source',
  'x-amz-copy-source-if-match',
  'x-amz-copy-source-if-none-match',
  'x-amz-copy-source-if-modified-since',
  'x-amz-copy-source-if-unmodified-since',
  OWNERS[1],
];
const DIRECTIVES = ['x-amz-metadata-directive', 'x-amz-tagging-directive'];

/** Headers by operation, from its page in https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html */
const OWN: Readonly<Record<string, readonly string[]>> = {
  CreateBucket: ['x-amz-acl', 'x-amz-object-ownership'],
  PutBucketVersioning: BODY,
  PutBucketPolicy: BODY,
  DeleteObjects: BODY,
  PutObject: [...BODY, ...OBJECT],
  CopyObject: [...OBJECT, ...SOURCE, ...DIRECTIVES, 'x-amz-checksum-algorithm'],
  GetObject: ['x-amz-checksum-mode'],
  HeadObject: ['x-amz-checksum-mode'],
  CreateMultipartUpload: [...OBJECT, 'x-amz-checksum-algorithm', 'x-amz-checksum-type'],
  UploadPart: BODY,
  // S3 refuses the directives in words of their own.
  UploadPartCopy: [...SOURCE, 'x-amz-copy-source-range', ...DIRECTIVES],
  CompleteMultipartUpload: [...BODY, 'x-amz-checksum-type', 'x-amz-mp-object-size'],
};

/**
 * Refuses by name every `x-amz-*` header that the operation would ignore, and values that are not supported.
 *
 * @throws AwsError `NotImplemented`, `InvalidArgument`, `AccessControlListNotSupported`, `AccessDenied` for another
 * owner, `InvalidBucketOwnerAWSAccountID`
 */
export function checkHeaders(headers: Headers, operation: string): void {
  const known = [...COMMON, ...(OWN[operation] ?? [])];
  const describes = known.includes('x-amz-storage-class');
  for (const name of Object.keys(headers)) {
    if (!name.startsWith('x-amz-') || known.includes(name) || (describes && name.startsWith(META))) continue;
    if (name.startsWith('x-amz-grant-')) throw aclNotSupported();
    // Clients that send it with every request get this refusal. https://github.com/s3tools/s3cmd/issues/276
    if (name === ENCRYPTION) {
      throw invalidArgument(name, headers[name] ?? '', `${name} header is not supported for this operation.`);
    }
    throw notImplemented(`The header ${name} of ${operation}`, { Header: name });
  }
  checkAcl(headers['x-amz-acl'], operation === 'CreateBucket');
  only(headers, 'x-amz-storage-class', 'STANDARD');
  only(headers, ENCRYPTION, 'AES256');
  only(headers, 'x-amz-object-ownership', 'BucketOwnerEnforced');
  only(headers, 'x-amz-request-payer', 'requester');
  // S3 ignores the case. https://github.com/localstack/localstack/issues/8676
  if (headers['x-amz-checksum-mode']?.toUpperCase() !== 'ENABLED')
    only(headers, 'x-amz-checksum-mode', 'ENABLED');
  for (const name of OWNERS) checkOwner(headers[name]);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html */
function checkOwner(owner: string | undefined): void {
  if (owner === undefined || owner === ACCOUNT_ID) return;
  if (/^\d{12}$/.test(owner)) throw accessDenied();
  throw new AwsError(
    'InvalidBucketOwnerAWSAccountID',
    `The value of the expected bucket owner parameter must be an AWS Account ID... [${owner}]`,
  );
}

function only(headers: Headers, name: string, value: string): void {
  const given = headers[name];
  if (given !== undefined && given !== value)
    throw notImplemented(`The value ${given} of ${name}`, { Header: name });
}

function checkAcl(acl: string | undefined, ofNewBucket: boolean): void {
  if (acl === undefined || acl === 'bucket-owner-full-control') return;
  if (!ofNewBucket) throw aclNotSupported();
  if (acl === 'private') return;
  throw new AwsError(
    'InvalidBucketAclWithObjectOwnership',
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  );
}

const aclNotSupported = () => new AwsError('AccessControlListNotSupported', 'The bucket does not allow ACLs');
