import type { BucketRequest, OperationRequest, OperationResponse } from './operation.ts';
import {
  createBucket,
  deleteBucket,
  deleteBucketLifecycle,
  deleteBucketOwnershipControls,
  deleteBucketPolicy,
  deletePublicAccessBlock,
  getBucketEncryption,
  getBucketLifecycle,
  getBucketLocation,
  getBucketPolicy,
  getBucketVersioning,
  headBucket,
  listBuckets,
  putBucketPolicy,
  putBucketVersioning,
} from './operations/buckets.ts';
import { completeMultipartUpload } from './operations/complete-upload.ts';
import { copyObject } from './operations/copy-object.ts';
import { deleteObject, deleteObjects } from './operations/delete-objects.ts';
import { getObject } from './operations/get-object.ts';
import { listObjects, listObjectsV2 } from './operations/list-objects.ts';
import { listObjectVersions } from './operations/list-versions.ts';
import { putObject } from './operations/put-object.ts';
import { listParts, uploadPart, uploadPartCopy } from './operations/upload-part.ts';
import { abortMultipartUpload, createMultipartUpload, listMultipartUploads } from './operations/uploads.ts';

interface Common {
  /** Method and level, such as `GET bucket`. */
  readonly place: string;
  /** Query parameters that select this operation. */
  readonly markers: readonly string[];
  /** Other query parameters that the operation accepts. */
  readonly options?: readonly string[];
  /** Absent if the operation checks each of its keys. */
  readonly action: string | undefined;
  /** The action for a request that names a version. */
  readonly versionAction?: string;
  /** Whether the operation has a source, which the header x-amz-copy-source names. */
  readonly copies?: true;
}

interface OnAccount extends Common {
  readonly on: 'account';
  readonly run: (call: OperationRequest) => OperationResponse;
}

interface OnBucket extends Common {
  readonly on: 'bucket';
  readonly run: (call: BucketRequest) => OperationResponse;
}

export type Operation = (OnAccount | OnBucket) & { readonly name: string };

/** @param route method and level, and the query parameters that select the operation */
function common(route: string, action: string | undefined): Common {
  const [place = '', query = ''] = route.split('?');
  return { place, markers: query.split('&').filter(Boolean), action };
}

const account = (route: string, action: string, run: OnAccount['run']): OnAccount => ({
  ...common(route, action),
  on: 'account',
  run,
});

const bucket = (
  route: string,
  action: string | undefined,
  run: OnBucket['run'],
  more: Partial<Common> = {},
): OnBucket => ({ ...common(route, action), on: 'bucket', run, ...more });

const LIST = ['prefix', 'delimiter', 'max-keys', 'encoding-type'];
const READ = {
  options: [
    'versionId',
    'response-content-type',
    'response-content-language',
    'response-expires',
    'response-cache-control',
    'response-content-disposition',
    'response-content-encoding',
  ],
  versionAction: 's3:GetObjectVersion',
};

/** Actions from https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const ROWS: Readonly<Record<string, OnAccount | OnBucket>> = {
  ListBuckets: account('GET service', 's3:ListAllMyBuckets', listBuckets),
  CreateBucket: account('PUT bucket', 's3:CreateBucket', createBucket),
  DeleteBucket: bucket('DELETE bucket', 's3:DeleteBucket', deleteBucket),
  HeadBucket: bucket('HEAD bucket', 's3:ListBucket', headBucket),
  GetBucketEncryption: bucket('GET bucket?encryption', 's3:GetEncryptionConfiguration', getBucketEncryption),
  GetBucketLocation: bucket('GET bucket?location', 's3:GetBucketLocation', getBucketLocation),
  GetBucketVersioning: bucket('GET bucket?versioning', 's3:GetBucketVersioning', getBucketVersioning),
  PutBucketVersioning: bucket('PUT bucket?versioning', 's3:PutBucketVersioning', putBucketVersioning),
  GetBucketLifecycleConfiguration: bucket(
    'GET bucket?lifecycle',
    's3:GetLifecycleConfiguration',
    getBucketLifecycle,
  ),
  DeleteBucketLifecycle: bucket(
    'DELETE bucket?lifecycle',
    's3:PutLifecycleConfiguration',
    deleteBucketLifecycle,
  ),
  DeleteBucketOwnershipControls: bucket(
    'DELETE bucket?ownershipControls',
    's3:PutBucketOwnershipControls',
    deleteBucketOwnershipControls,
  ),
  DeletePublicAccessBlock: bucket(
    'DELETE bucket?publicAccessBlock',
    's3:PutBucketPublicAccessBlock',
    deletePublicAccessBlock,
  ),
  GetBucketPolicy: bucket('GET bucket?policy', 's3:GetBucketPolicy', getBucketPolicy),
  PutBucketPolicy: bucket('PUT bucket?policy', 's3:PutBucketPolicy', putBucketPolicy),
  DeleteBucketPolicy: bucket('DELETE bucket?policy', 's3:DeleteBucketPolicy', deleteBucketPolicy),
  ListObjects: bucket('GET bucket', 's3:ListBucket', listObjects, { options: [...LIST, 'marker'] }),
  ListObjectsV2: bucket('GET bucket?list-type', 's3:ListBucket', listObjectsV2, {
    options: [...LIST, 'continuation-token', 'start-after', 'fetch-owner'],
  }),
  ListObjectVersions: bucket('GET bucket?versions', 's3:ListBucketVersions', listObjectVersions, {
    options: [...LIST, 'key-marker', 'version-id-marker'],
  }),
  ListMultipartUploads: bucket('GET bucket?uploads', 's3:ListBucketMultipartUploads', listMultipartUploads, {
    options: ['prefix', 'max-uploads', 'key-marker', 'upload-id-marker', 'encoding-type'],
  }),
  DeleteObjects: bucket('POST bucket?delete', undefined, deleteObjects),
  PutObject: bucket('PUT object', 's3:PutObject', putObject),
  CopyObject: bucket('PUT object', 's3:PutObject', copyObject, { copies: true }),
  GetObject: bucket('GET object', 's3:GetObject', getObject, READ),
  HeadObject: bucket('HEAD object', 's3:GetObject', getObject, READ),
  DeleteObject: bucket('DELETE object', 's3:DeleteObject', deleteObject, {
    options: ['versionId'],
    versionAction: 's3:DeleteObjectVersion',
  }),
  CreateMultipartUpload: bucket('POST object?uploads', 's3:PutObject', createMultipartUpload),
  UploadPart: bucket('PUT object?partNumber&uploadId', 's3:PutObject', uploadPart),
  UploadPartCopy: bucket('PUT object?partNumber&uploadId', 's3:PutObject', uploadPartCopy, { copies: true }),
  CompleteMultipartUpload: bucket('POST object?uploadId', 's3:PutObject', completeMultipartUpload),
  AbortMultipartUpload: bucket('DELETE object?uploadId', 's3:AbortMultipartUpload', abortMultipartUpload),
  ListParts: bucket('GET object?uploadId', 's3:ListMultipartUploadParts', listParts, {
    options: ['max-parts', 'part-number-marker', 'encoding-type'],
  }),
};

/** By place. Operations with the most markers come first, and copies before others. */
export const OPERATIONS: ReadonlyMap<string, readonly Operation[]> = byPlace();

function byPlace() {
  const all = Object.entries(ROWS)
    .map(([name, one]): Operation => ({ name, ...one }))
    .sort((a, b) => b.markers.length - a.markers.length || Number(b.copies ?? 0) - Number(a.copies ?? 0));
  const of = new Map<string, Operation[]>();
  for (const one of all) of.set(one.place, [...(of.get(one.place) ?? []), one]);
  return of;
}
