import { Readable } from 'node:stream';
import type { Origin } from '../../../origin.ts';
import { edgeName } from '../../ids.ts';
import type { OriginConfig, OriginRequestPolicy, StoredResponseHeadersPolicy } from '../../model.ts';
import { type EdgeAnswer, type EdgeMark, originAnswer, pageAnswer } from '../answer.ts';
import { type FaultPlan, impairedBody, impairs, slowDown } from '../faults.ts';
import type { EdgeRequest } from '../function/viewer-event.ts';
import type { CorsRequest } from '../response-headers.ts';
import type { Viewer } from '../viewer/viewer.ts';
import { originRequest } from './origin-request.ts';
import type { OriginSigner } from './origin-signing.ts';
import { OriginReadTimeout, withinReadTimeout } from './read-timeout.ts';

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

/** Streams an allowed request to its origin and returns the origin's answer. */
export async function forward(
  viewer: Viewer,
  request: EdgeRequest,
  forwarding: Forwarding,
): Promise<EdgeAnswer> {
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
    const answer = origin.handle({ ...signed, headers: { ...signed.headers, host: viewersHost }, body });
    return originAnswer(await withinReadTimeout(answer, viewer.message, config.readTimeoutSeconds), {
      mark,
      policy: forwarding.responseHeadersPolicy,
      request: cors,
      cookies: policy !== undefined && policy.cookies.behavior !== 'none',
    });
  } catch (error) {
    if (error instanceof OriginReadTimeout) return { ...pageAnswer(504, TIMED_OUT, mark), end: 'cut' };
    // A viewer that disconnects during its body also fails the origin request; that is not a defect.
    if (!viewer.message.destroyed) forwarding.onDefect(error);
    return pageAnswer(502, "CloudFront wasn't able to connect to the origin.", mark);
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
): EdgeAnswer {
  const headers = { server: 'AmazonS3', 'content-type': 'application/xml' };
  return originAnswer(
    { status: 503, headers, body: slowDown(mark.requestId) },
    { mark, policy, request, cookies: false },
  );
}
