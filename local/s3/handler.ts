import type { Identities, Principal } from '../auth/identities.ts';
import { authenticate } from '../auth/sigv4.ts';
import type { EventSink } from '../events/service.ts';
import type { Conflicts, Throttle } from '../faults/throttling.ts';
import { deniedMessage, type Permissions } from '../iam/permissions.ts';
import { randomPiece } from '../secrets.ts';
import { type AwsError, asRefusal } from '../wire/errors.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../wire/http.ts';
import { accessTo, arnOf, requestContext } from './access.ts';
import { detect } from './detect.ts';
import { accessDenied, noSuchBucket } from './errors.ts';
import type { OperationRequest } from './operation.ts';
import { checkHeaders } from './request-headers.ts';
import type { BucketStore } from './store/store.ts';
import { errorDocument } from './xml.ts';

export interface HandlerOptions {
  readonly store: BucketStore;
  readonly identities: Identities;
  readonly now: () => Date;
  readonly throttle: Throttle;
  readonly conflicts: Conflicts;
  readonly permissions: Permissions;
  readonly events: EventSink;
}

/** Handles S3 requests: authenticates, finds the operation, authorizes, and runs it. */
export function s3Handler(options: HandlerOptions): HttpHandler {
  return async (request) => {
    const random = randomPiece(64);
    const ids = {
      'x-amz-request-id': random.toString('hex', 0, 8).toUpperCase(),
      'x-amz-id-2': random.toString('base64', 8),
    };
    const common = { ...ids, server: 'AmazonS3', date: options.now().toUTCString() };
    const { headers, ...response } = await answerOrRefuse(request, options, ids);
    return { ...response, headers: { ...headers, ...common } };
  };
}

type Ids = { readonly 'x-amz-request-id': string; readonly 'x-amz-id-2': string };

async function answerOrRefuse(
  request: HttpRequest,
  options: HandlerOptions,
  ids: Ids,
): Promise<HttpResponse> {
  try {
    return await perform(request, options, ids['x-amz-request-id']);
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal === undefined) throw error;
    return errorResponse(refusal, request, ids);
  }
}

async function perform(
  request: HttpRequest,
  { store, identities, now, throttle, conflicts, permissions, events }: HandlerOptions,
  requestId: string,
): Promise<HttpResponse> {
  const authentication = authenticate(request, { service: 's3', identities, now: now() });
  const { operation, bucket: bucketName, key, query } = detect(request);
  throttle(operation.name);
  const bucket = store.bucket(bucketName);
  const context = requestContext(request, operation.name, query);
  const { principal } = authentication;
  const deniedByIam = iamDenial(principal, permissions);
  const allowsIn: OperationRequest['allowsIn'] = (other) => {
    const name = other?.name ?? bucketName;
    const isAllowed = accessTo(name, other, principal, context);
    return (action, key) => deniedByIam(action, objectArn(name, key)) === undefined && isAllowed(action, key);
  };
  const allows = allowsIn(bucket);
  const call: OperationRequest = {
    request,
    query,
    authentication,
    store,
    bucketName,
    key,
    now,
    allows,
    allowsIn,
    throttle,
    conflicts,
    events,
    requestId,
  };

  const action = query.has('versionId') ? (operation.versionAction ?? operation.action) : operation.action;
  const check = () => {
    if (action !== undefined && !allows(action, key)) {
      throw accessDenied(deniedByIam(action, objectArn(bucketName, key)));
    }
    checkHeaders(request.headers, operation.name);
  };
  if (operation.on === 'account') {
    check();
    return operation.run(call);
  }
  if (principal.kind === 'anonymous') throw accessDenied();
  if (bucket === undefined) throw noSuchBucket(bucketName);
  check();
  try {
    return await operation.run({ ...call, bucket });
  } catch (error) {
    // The bucket was deleted during the request. The error is only a consequence.
    throw store.bucket(bucketName) === bucket ? error : noSuchBucket(bucketName);
  }
}

/** Returns IAM's message for an action that it denies to a principal; `undefined` for others. */
function iamDenial(principal: Principal, permissions: Permissions) {
  return (action: string, resource: string): string | undefined => {
    const isDenied = principal.kind === 'account' && permissions.denies(action, () => ({ resource }));
    return isDenied ? deniedMessage(permissions, action, () => ({ resource })) : undefined;
  };
}

function objectArn(bucket: string, key?: string): string {
  return bucket === '' ? '*' : arnOf(bucket, key);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses */
function errorResponse(error: AwsError, request: HttpRequest, ids: Ids): HttpResponse {
  const document = errorDocument({
    Code: error.code,
    Message: error.message,
    ...error.details,
    Resource: request.path,
    RequestId: ids['x-amz-request-id'],
    HostId: ids['x-amz-id-2'],
  });
  const headers = { 'content-type': 'application/xml', ...error.headers };
  if (request.method === 'HEAD' || error.status === 304) return { status: error.status, headers };
  return { status: error.status, headers, body: document };
}
