import type { IncomingMessage } from 'node:http';
import type { Invocation, Invoke } from '../../lambda/messages.ts';
import type { Origin } from '../../origin.ts';
import { like } from '../../policy/wildcard.ts';
import { originForm, splitTarget } from '../../wire/node-http.ts';
import {
  type BehaviorConfig,
  type DistributionConfig,
  requestId as newRequestId,
  type OriginRequestPolicy,
  type StoredResponseHeadersPolicy,
} from '../model.ts';
import type { FaultPlan } from './faults.ts';
import { type EdgeRequest, type ViewerRequest, viewerRequestEvent } from './function/viewer-event.ts';
import { FunctionFailure, viewerDecision } from './function/viewer-result.ts';
import { corsRequest, forward, type OriginSigner } from './origin/forward.ts';
import { PHRASES, tooLong, type Viewer } from './viewer/viewer.ts';
import {
  type EdgeMark,
  errorResponse,
  functionResponse,
  type ViewerResponse,
  withPolicy,
} from './viewer-response.ts';

/** One distribution's data plane with its current configuration. */
export interface Edge {
  readonly id: string;
  /** `127.0.0.1:<port>` */
  readonly domainName: string;
  readonly config: DistributionConfig;
  readonly invoke: Invoke;
  readonly now: () => Date;
  /** Called with internal errors; the viewer only sees that the request failed. */
  readonly onDefect: (error: unknown) => void;
  origin(hostname: string): Origin | undefined;
  originRequestPolicy(id: string): OriginRequestPolicy | undefined;
  responseHeadersPolicy(id: string): StoredResponseHeadersPolicy | undefined;
  /** Returns the signer for an origin access control that signs requests. */
  signer(accessControlId: string): OriginSigner | undefined;
  faultPlan(contentLength: number | undefined): FaultPlan | undefined;
  /** Whether a web ACL blocks a request with such a body. Only an injected fault adds a web ACL. */
  blocks(contentLength: number | undefined): boolean;
  /** Whether response headers policies also apply to generated responses, which AWS does not document. */
  readonly policyOnGenerated: boolean;
}

/** Answers one viewer request in CloudFront's order: limits, function, origin. */
export async function serve(viewer: Viewer, edge: Edge): Promise<ViewerResponse> {
  const mark: EdgeMark = { distributionId: edge.id, requestId: newRequestId() };
  const request = viewerRequest(viewer);
  const behavior = behaviorFor(edge.config, request.path);
  const refusal = refused(viewer, request, behavior, edge, mark);
  if (refusal !== undefined) return refusal;

  const event = viewerRequestEvent(request, edge, mark.requestId);
  let allowed: EdgeRequest = event.Records[0].cf.request;
  if (behavior.viewerRequest !== undefined) {
    const invocation = await invoked(edge, behavior.viewerRequest, event);
    try {
      const decision = viewerDecision(invocation, allowed);
      if (decision.kind === 'respond') {
        const policyId = edge.policyOnGenerated ? behavior.responseHeadersPolicyId : undefined;
        const policy = policyId === undefined ? undefined : edge.responseHeadersPolicy(policyId);
        return withPolicy(functionResponse(decision.response, mark), policy, corsRequest(allowed));
      }
      allowed = decision.request;
    } catch (error) {
      if (!(error instanceof FunctionFailure)) throw error;
      return errorResponse(error.status, error.message, mark, error.mark);
    }
  }
  return toOrigin(viewer, allowed, behavior, edge, mark);
}

function viewerRequest({ message, clientIp }: Viewer): ViewerRequest {
  const { path, query } = splitTarget(originForm(message.url ?? '/'));
  return { method: message.method ?? 'GET', path, query, rawHeaders: message.rawHeaders, clientIp };
}

/**
 * Returns the first behavior whose pattern matches a path. The leading slash of a pattern is optional.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern
 */
function behaviorFor({ behaviors, defaultBehavior }: DistributionConfig, path: string): BehaviorConfig {
  const anchored = (pattern: string) => (/^[/*]/.test(pattern) ? pattern : `/${pattern}`);
  return behaviors.find(({ pathPattern }) => like(path, anchored(pathPattern))) ?? defaultBehavior;
}

/** Returns CloudFront's response to a request that it rejects before any function runs. */
function refused(
  { message }: Viewer,
  request: ViewerRequest,
  behavior: BehaviorConfig,
  edge: Edge,
  mark: EdgeMark,
): ViewerResponse | undefined {
  const host = message.headers.host ?? '';
  const length = tooLong(request, host);
  if (length !== undefined) {
    const reason = PHRASES[length];
    return { ...errorResponse(length, 'Bad request.', mark), ...(reason && { reason }), end: 'close' };
  }
  if (edge.blocks(bodyLength(message))) return errorResponse(403, 'Request blocked.', mark);
  if (!behavior.allowedMethods.includes(request.method)) {
    return errorResponse(
      403,
      'This distribution is not configured to allow the HTTP request method that was used for this request. The distribution supports only cachable requests.',
      mark,
    );
  }
  const hasBody =
    message.headers['transfer-encoding'] !== undefined || Number(message.headers['content-length'] ?? 0) > 0;
  return request.method === 'GET' && hasBody ? errorResponse(403, 'Bad request.', mark) : undefined;
}

function bodyLength({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

/** Treats a function that cannot be started like one that threw. */
async function invoked(edge: Edge, versionArn: string, event: unknown): Promise<Invocation> {
  try {
    return await edge.invoke(versionArn, event);
  } catch (error) {
    edge.onDefect(error);
    return { outcome: 'failed', errorType: 'Unhandled', message: String(error) };
  }
}

function toOrigin(
  viewer: Viewer,
  request: EdgeRequest,
  behavior: BehaviorConfig,
  edge: Edge,
  mark: EdgeMark,
): Promise<ViewerResponse> | ViewerResponse {
  const config = edge.config.origins.find(({ id }) => id === behavior.targetOriginId);
  const origin = config && edge.origin(config.domainName);
  if (config === undefined || origin === undefined) {
    return errorResponse(502, "CloudFront wasn't able to resolve the origin domain name.", mark);
  }
  const { accessControlId } = config;
  const { originRequestPolicyId, responseHeadersPolicyId } = behavior;
  return forward(viewer, request, {
    origin,
    config,
    originRequestPolicy: originRequestPolicyId ? edge.originRequestPolicy(originRequestPolicyId) : undefined,
    responseHeadersPolicy: responseHeadersPolicyId
      ? edge.responseHeadersPolicy(responseHeadersPolicyId)
      : undefined,
    signer: accessControlId === undefined ? undefined : edge.signer(accessControlId),
    faults: edge.faultPlan(bodyLength(viewer.message)),
    mark,
    now: edge.now(),
    onDefect: edge.onDefect,
  });
}
