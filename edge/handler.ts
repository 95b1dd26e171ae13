import { corsHeaders } from './cors.ts';
import { type Decision, type DecisionContext, decide, refuse } from './decide.ts';
import { Refusal } from './refusal.ts';
import { refusalLine } from './refusal-log.ts';
import { type EdgeRequest, readEvent, type ViewerRequest } from './request.ts';
import { type GeneratedResponse, responseOf } from './response.ts';

export interface HandlerContext extends DecisionContext {
  /** Takes a line on each refusal. */
  readonly log: (line: string) => void;
}

/** Does not reject. */
export type Handler = (event: unknown) => Promise<EdgeRequest | GeneratedResponse>;

const NOT_JUDGED = refuse(new Refusal('internal', 'The edge could not judge this request.'));

/**
 * Makes a viewer-request handler. What it cannot judge it refuses, whatever the event holds: of a function that throws,
 * CloudFront would show an error page of its own.
 */
export function createHandler({ log, ...context }: HandlerContext): Handler {
  return async (event) => {
    let viewer: ViewerRequest | undefined;
    let decision: Decision = NOT_JUDGED;
    let fault: unknown;
    try {
      viewer = readEvent(event);
      if (viewer !== undefined) decision = await decide(viewer.request, context);
    } catch (error) {
      fault = error;
    }
    if (decision.kind === 'forward') return decision.request;
    if (decision.code !== undefined) log(refusalLine(decision, viewer, fault));
    return responseOf(decision, corsHeaders(context.config.policy, viewer?.request.headers ?? {}));
  };
}
