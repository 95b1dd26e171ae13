import type { OperationName, RequestTarget } from './detect.ts';
import type { BucketRequest, OperationRequest, OperationResponse } from './operation.ts';
import {
  createBucket,
  deleteBucket,
  deleteBucketLifecycle,
  deleteBucketOwnershipControls,
  deleteBucketPolicy,
  deletePublicAccessBlock,
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

interface OfService {
  readonly on: 'service';
  readonly action: string;
  readonly run: (call: OperationRequest) => OperationResponse;
}

interface OfBucket {
  readonly on: 'bucket';
  /** Absent if the operation checks each of its keys. */
  readonly action: string | undefined;
  /** The action for a request that names a version. */
  readonly versionAction?: string;
  /** Whether the operation has a source, named in headers. */
  readonly copies?: true;
  readonly run: (call: BucketRequest) => OperationResponse;
}

export type Operation = OfService | OfBucket;

/** Actions from https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  ListBuckets: { on: 'service', action: 's3:ListAllMyBuckets', run: listBuckets },
  CreateBucket: { on: 'service', action: 's3:CreateBucket', run: createBucket },
  DeleteBucket: { on: 'bucket', action: 's3:DeleteBucket', run: deleteBucket },
  HeadBucket: { on: 'bucket', action: 's3:ListBucket', run: headBucket },
  GetBucketLocation: { on: 'bucket', action: 's3:GetBucketLocation', run: getBucketLocation },
  GetBucketVersioning: { on: 'bucket', action: 's3:GetBucketVersioning', run: getBucketVersioning },
  PutBucketVersioning: { on: 'bucket', action: 's3:PutBucketVersioning', run: putBucketVersioning },
  GetBucketLifecycleConfiguration: {
    on: 'bucket',
    action: 's3:GetLifecycleConfiguration',
    run: getBucketLifecycle,
  },
  DeleteBucketLifecycle: { on: 'bucket', action: 's3:PutLifecycleConfiguration', run: deleteBucketLifecycle },
  DeleteBucketOwnershipControls: {
    on: 'bucket',
    action: 's3:PutBucketOwnershipControls',
    run: deleteBucketOwnershipControls,
  },
  DeletePublicAccessBlock: {
    on: 'bucket',
    action: 's3:PutBucketPublicAccessBlock',
    run: deletePublicAccessBlock,
  },
  GetBucketPolicy: { on: 'bucket', action: 's3:GetBucketPolicy', run: getBucketPolicy },
  PutBucketPolicy: { on: 'bucket', action: 's3:PutBucketPolicy', run: putBucketPolicy },
  DeleteBucketPolicy: { on: 'bucket', action: 's3:DeleteBucketPolicy', run: deleteBucketPolicy },
  ListObjects: { on: 'bucket', action: 's3:ListBucket', run: listObjects },
  ListObjectsV2: { on: 'bucket', action: 's3:ListBucket', run: listObjectsV2 },
  ListObjectVersions: { on: 'bucket', action: 's3:ListBucketVersions', run: listObjectVersions },
  ListMultipartUploads: { on: 'bucket', action: 's3:ListBucketMultipartUploads', run: listMultipartUploads },
  DeleteObjects: { on: 'bucket', action: undefined, run: deleteObjects },
  PutObject: { on: 'bucket', action: 's3:PutObject', run: putObject },
  CopyObject: { on: 'bucket', action: 's3:PutObject', run: copyObject, copies: true },
  GetObject: { on: 'bucket', action: 's3:GetObject', versionAction: 's3:GetObjectVersion', run: getObject },
  HeadObject: { on: 'bucket', action: 's3:GetObject', versionAction: 's3:GetObjectVersion', run: getObject },
  DeleteObject: {
    on: 'bucket',
    action: 's3:DeleteObject',
    versionAction: 's3:DeleteObjectVersion',
    run: deleteObject,
  },
  CreateMultipartUpload: { on: 'bucket', action: 's3:PutObject', run: createMultipartUpload },
  UploadPart: { on: 'bucket', action: 's3:PutObject', run: uploadPart },
  UploadPartCopy: { on: 'bucket', action: 's3:PutObject', run: uploadPartCopy, copies: true },
  CompleteMultipartUpload: { on: 'bucket', action: 's3:PutObject', run: completeMultipartUpload },
  AbortMultipartUpload: { on: 'bucket', action: 's3:AbortMultipartUpload', run: abortMultipartUpload },
  ListParts: { on: 'bucket', action: 's3:ListMultipartUploadParts', run: listParts },
};

export function operationOf({ operation }: RequestTarget): Operation {
  return OPERATIONS[operation];
}
