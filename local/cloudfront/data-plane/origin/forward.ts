import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { ACCOUNT_ID, REGION } from '../../../account.ts';
import type { Identities } from '../../../auth/identities.ts';
import { sign } from '../../../auth/sigv4.ts';
import type { Origin } from '../../../origin.ts';
import {
  edgeName,
  type OriginConfig,
  type OriginRequestPolicy,
  type StoredResponseHeadersPolicy,
} from '../../model.ts';
import { type FaultPlan, impairedBody, impairs, slowDown } from '../faults.ts';
import type { EdgeRequest } from '../function/viewer-event.ts';
import type { CorsRequest } from '../response-headers.ts';
import type { Viewer } from '../viewer/viewer.ts';
import { type EdgeMark, errorResponse, originResponse, type ViewerResponse } from '../viewer-response.ts';
import { type OriginRequest, originRequest } from './origin-request.ts';

/** Signs a request for `host`, so that S3 accepts it as this distribution's. */
export type OriginSigner = (request: OriginRequest, host: string, now: Date) => OriginRequest;

/**
 * Registers the distribution as `cloudfront.amazonaws.com` with its own ARN, which bucket policies see, and signs with
 * a key that only this process knows. Like origin access control, the signature does not cover the body. It covers the
 * query as received: if characters such as `!'()*` are not encoded, S3 answers SignatureDoesNotMatch.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
 */
export function originSigner(distributionId: string, identities: Identities): OriginSigner {
  const accessKeyId = `ASIACLOUDFRONT${distributionId}`;
  const secret = randomBytes(32).toString('hex');
  identities.register(accessKeyId, {
    secret,
    principal: {
      kind: 'service',
      service: 'cloudfront.amazonaws.com',
      sourceArn: `arn:aws:cloudfront::${ACCOUNT_ID}:distribution/${distributionId}`,
      sourceAccount: ACCOUNT_ID,
    },
  });
  const credentials = {
    accessKeyId,
    secret,
    service: 's3',
    region: REGION,
    payloadHash: 'UNSIGNED-PAYLOAD',
    queryAs: 'sent',
  } as const;
  return (request, host, now) => {
    const { authorization: _viewers, ...headers } = request.headers;
    // Signed for the origin's host. If a policy forwards the viewer's Host, S3 rejects the signature, as on AWS.
    headers.host = host;
    const signed = { ...request, headers };
    Object.assign(headers, sign(signed, { ...credentials, now }));
    return signed;
  };
}

/** The origin did not respond in time after the request was forwarded. */
class OriginReadTimeout extends Error {
  override readonly name = 'OriginReadTimeout';
}

/**
 * Waits for an origin's response, for at most `seconds` after the end of the forwarded body. While the viewer is still
 * sending, each arriving chunk restarts the clock: a slow upload is not a slow origin.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorS3Origin.html#RequestS3RequestTimeout
 */
function withinReadTimeout<T>(response: Promise<T>, viewer: IncomingMessage, seconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let received = viewer.socket.bytesRead;
    const timer = setTimeout(expire, seconds * 1_000);
    function restart(): void {
      timer.refresh();
    }
    function settle(): void {
      clearTimeout(timer);
      viewer.off('end', restart);
    }
    function expire(): void {
      const before = received;
      received = viewer.socket.bytesRead;
      if (!viewer.complete && received > before) {
        restart();
        return;
      }
      settle();
      reject(new OriginReadTimeout(`The origin did not answer within ${seconds} s`));
    }
    viewer.once('end', restart);
    response.then(resolve, reject);
    response.then(settle, settle);
  });
}

export interface Forwarding {
  readonly origin: Origin;
  readonly config: OriginConfig;
  readonly originRequestPolicy: OriginRequestPolicy | undefined;
  readonly responseHeadersPolicy: StoredResponseHeadersPolicy | undefined;
  /** Absent: the request is anonymous. */
  readonly signer: OriginSigner | undefined;
  readonly faults: FaultPlan | undefined;
  readonly mark: EdgeMark;
  readonly now: Date;
  readonly onDefect: (error: unknown) => void;
}

const TIMED_OUT =
  'CloudFront attempted to establish a connection with the origin, but either the attempt failed or the origin closed the connection.';

/** Streams an allowed request to its origin and returns the origin's response. */
export async function forward(
  viewer: Viewer,
  request: EdgeRequest,
  forwarding: Forwarding,
): Promise<ViewerResponse> {
  const { origin, config, faults, mark, originRequestPolicy: policy } = forwarding;
  const cors = corsRequest(request);
  if (faults?.unavailable) return slowDownAnswer(mark, forwarding.responseHeadersPolicy, cors);

  const plain = originRequest(request, {
    policy,
    origin: { host: origin.host, path: `${origin.pathPrefix}${config.path}` },
    edge: { name: edgeName(mark.distributionId), requestId: mark.requestId },
  });
  const signed = forwarding.signer?.(plain, origin.host, forwarding.now) ?? plain;
  const viewersHost = plain.headers.host ?? origin.host;
  viewer.continueBody();
  const body =
    faults !== undefined && impairs(faults)
      ? Readable.from(impairedBody(viewer.message, faults, viewer.resetConnection), { objectMode: false })
      : viewer.message;
  try {
    const { method, path, query, headers } = signed;
    headers.host = viewersHost;
    const response = origin.handle({ method, path, query, headers, body });
    return originResponse(await withinReadTimeout(response, viewer.message, config.readTimeoutSeconds), {
      mark,
      policy: forwarding.responseHeadersPolicy,
      request: cors,
      cookies: policy !== undefined && policy.cookies.behavior !== 'none',
    });
  } catch (error) {
    if (error instanceof OriginReadTimeout) return { ...errorResponse(504, TIMED_OUT, mark), end: 'cut' };
    // A viewer that disconnects during its body also fails the origin request; that is not a defect.
    if (!viewer.message.destroyed) forwarding.onDefect(error);
    return errorResponse(502, "CloudFront wasn't able to connect to the origin.", mark);
  }
}

/** Decided by the headers that the function returned. */
export function corsRequest({ method, headers }: EdgeRequest): CorsRequest {
  const first = (name: string) => headers[name]?.[0]?.value;
  return {
    method,
    origin: first('origin'),
    requestMethod: first('access-control-request-method'),
    requestHeaders: headers['access-control-request-headers']?.map(({ value }) => value).join(','),
  };
}

function slowDownAnswer(
  mark: EdgeMark,
  policy: StoredResponseHeadersPolicy | undefined,
  request: CorsRequest,
): ViewerResponse {
  const headers = { server: 'AmazonS3', 'content-type': 'application/xml' };
  return originResponse(
    { status: 503, headers, body: slowDown(mark.requestId) },
    { mark, policy, request, cookies: false },
  );
}
