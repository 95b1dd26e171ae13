import { type Decision, type DecisionContext, decide, type Respond, refuse } from './decide.ts';
import { Refusal } from './refusal.ts';
import { refusalLine } from './refusal-log.ts';
import { type EdgeRequest, readRequest } from './request.ts';
import { type GeneratedResponse, responseOf } from './response.ts';

export interface HandlerContext extends DecisionContext {
  readonly log: (line: string) => void;
}

const INTERNAL = refuse(new Refusal('internal', 'The edge could not judge this request.'));

/**
 * A viewer-request handler. It resolves whatever the event holds, and whatever it cannot judge it refuses: CloudFront
 * turns a function that throws into an error page of its own.
 */
export function createHandler(
  context: HandlerContext,
): (event: unknown) => Promise<EdgeRequest | GeneratedResponse> {
  const answer = (
    event: unknown,
    request: EdgeRequest | undefined,
    decision: Decision,
    error?: unknown,
  ): EdgeRequest | GeneratedResponse => {
    if (decision.kind === 'forward') return decision.request;
    if (decision.code !== undefined) context.log(refusalLine(event, request, decision, error));
    return responseOf(decision);
  };
  return async (event) => {
    try {
      const request = readRequest(event);
      const decision = request === undefined ? INTERNAL : await decide(request, context);
      return answer(event, request, decision);
    } catch (error) {
      return failClosed(context, error);
    }
  };
}
