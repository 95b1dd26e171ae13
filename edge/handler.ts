import { corsHeaders } from './cors.ts';
import { type Decision, type DecisionContext, decide } from './decide.ts';
import { Refusal } from './refusal.ts';
import { type EdgeRequest, readEvent, type ViewerRequest } from './request/viewer-request.ts';
import { type GeneratedResponse, type Respond, refuse, responseOf } from './response.ts';

export interface HandlerContext extends DecisionContext {
  /** Writes one log line for each refusal. */
  readonly log: (line: string) => void;
}

/** Never rejects. */
export type Handler = (event: unknown) => Promise<EdgeRequest | GeneratedResponse>;

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

/**
 * Returns the log line of a refusal, as JSON. It quotes nothing that the caller sent, because a path, a query or a
 * header can contain a token.
 * @param fault The thrown value, if the edge itself failed.
 */
function refusalLine({ status, code }: Respond, viewer: ViewerRequest | undefined, fault?: unknown): string {
  return JSON.stringify({
    edge: 'refused',
    requestId: viewer?.requestId,
    status,
    code,
    method: METHODS.find((method) => method === viewer?.request.method) ?? 'other',
    uriLength: viewer?.request.uri.length,
    // The name only, because a message can quote the request.
    fault: fault instanceof Error ? fault.name : undefined,
  });
}

const NOT_JUDGED = refuse(new Refusal('internal', 'The edge could not process this request.'));

/**
 * Creates the handler of viewer requests. It refuses every event that it cannot parse. If a function throws, CloudFront
 * responds with an error page of its own.
 */
export function createHandler({ log, ...context }: HandlerContext): Handler {
  return async (event) => {
    let viewer: ViewerRequest | undefined;
    let decision: Decision = NOT_JUDGED;
    let fault: unknown;
    try {
      viewer = readEvent(event);
      if (viewer !== undefined) decision = await decide(viewer, context);
    } catch (error) {
      fault = error;
    }
    if (decision.kind === 'forward') return decision.request;
    if (decision.code !== undefined) log(refusalLine(decision, viewer, fault));
    // The page is served to its own origin only.
    const isPage = decision.content !== undefined;
    return responseOf(
      decision,
      isPage ? {} : corsHeaders(context.config.policy, viewer?.request.headers ?? {}),
    );
  };
}
