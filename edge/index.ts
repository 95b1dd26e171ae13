import type { EdgeConfig } from './config.ts';
import { type Decision, decide } from './decide.ts';
import { refusal } from './refusal.ts';
import { isViewerRequest, type ViewerRequest } from './request.ts';
import { type EdgeResponse, respond, respondRefusal } from './respond.ts';
import { createVerify } from './verify.ts';

/** Put in front of this code when the stack is deployed. */
declare const EDGE_CONFIG: EdgeConfig;

const verify = createVerify(EDGE_CONFIG);

function requestOf(event: unknown): unknown {
  const cf = (
    event as { Records?: { cf?: { config?: { eventType?: unknown }; request?: unknown } }[] } | null
  )?.Records?.[0]?.cf;
  return cf?.config?.eventType === 'viewer-request' ? cf.request : undefined;
}

async function judge(event: unknown): Promise<Decision> {
  try {
    const request = requestOf(event);
    if (isViewerRequest(request)) return await decide(request, EDGE_CONFIG, verify);
    return { kind: 'refuse', refusal: refusal('internal', 'this is not a viewer request') };
  } catch (error) {
    // The name tells where to look; a message might quote the request, and with it the token.
    const name = error instanceof Error ? error.name : typeof error;
    return { kind: 'refuse', refusal: refusal('internal', `the request could not be judged (${name})`) };
  }
}

/** CloudFront's viewer-request event in; the request to forward, or the answer to give, out. It never throws. */
export const handler = async (event: unknown): Promise<ViewerRequest | EdgeResponse> => {
  const decision = await judge(event);
  if (decision.kind === 'forward') return decision.request;
  if (decision.kind === 'describe') return respond(200, decision.description);
  // biome-ignore lint/suspicious/noConsole: the function's log, one line a refusal; neither key nor token is in it
  console.log(JSON.stringify({ refused: decision.refusal.code }));
  return respondRefusal(decision.refusal);
};
