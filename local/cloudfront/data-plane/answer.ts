import type { Readable } from 'node:stream';
import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { HttpResponse } from '../../wire/http.ts';
import { edgeName } from '../ids.ts';
import type { StoredResponseHeadersPolicy } from '../model.ts';
import { errorPage } from './error-page.ts';
import type { GeneratedResponse } from './function/generated-response.ts';
import { isHopByHop } from './header-rules.ts';
import { applyPolicy, type CorsRequest } from './response-headers.ts';
import { encodeWire } from './wire-text.ts';

/** The response to a viewer. */
export interface EdgeAnswer {
  readonly status: number;
  readonly reason?: string;
  /** In order; names can repeat. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string | Buffer | Readable;
  /** The connection closes after this answer: after the rest of the body is read, or at once (`cut`). */
  readonly end?: 'close' | 'cut';
}

/** The distribution and request that an answer's headers identify. */
export interface EdgeMark {
  readonly distributionId: string;
  readonly requestId: string;
}

/** Point of presence in this edge's headers; AWS names them after airports. */
const POP = 'LCL50-P1';

/** Builds CloudFront's own error page. `mark` precedes ` from cloudfront` in `x-cache`. */
export function pageAnswer(
  status: number,
  message: string,
  { distributionId, requestId }: EdgeMark,
  mark = 'Error',
): EdgeAnswer {
  const page = errorPage(status, message, requestId);
  const headers = { ...page.headers, 'x-cache': `${mark} from cloudfront` };
  return {
    status,
    headers: [...Object.entries(headers), ...marks({ distributionId, requestId })],
    body: page.body,
  };
}

/** Builds the answer for a function's generated response. */
export function generatedAnswer(response: GeneratedResponse, mark: EdgeMark): EdgeAnswer {
  const own = Object.entries(response.headers).flatMap(([name, entries]) =>
    entries.map(({ key, value }) => [key ?? titleCase(name), encodeWire(value)] as const),
  );
  const server = Object.hasOwn(response.headers, 'server') ? [] : [['server', 'CloudFront'] as const];
  return {
    status: response.status,
    ...omitUndefined({ reason: response.reason }),
    headers: [...server, ...own, ['x-cache', 'LambdaGeneratedResponse from cloudfront'], ...marks(mark)],
    body: response.body,
  };
}

/** Applies a response headers policy to an answer. The policy treats repeated headers as one. */
export function withPolicy(
  answer: EdgeAnswer,
  policy: StoredResponseHeadersPolicy | undefined,
  request: CorsRequest,
): EdgeAnswer {
  if (policy === undefined) return answer;
  const joined: Record<string, string> = {};
  for (const [name, value] of answer.headers) {
    const lower = name.toLowerCase();
    joined[lower] = joined[lower] === undefined ? value : `${joined[lower]}, ${value}`;
  }
  return { ...answer, headers: Object.entries(applyPolicy(joined, policy, request)) };
}

/** Builds the answer for an origin's response. */
export function originAnswer(
  response: HttpResponse,
  options: {
    readonly mark: EdgeMark;
    readonly policy: StoredResponseHeadersPolicy | undefined;
    readonly request: CorsRequest;
    /** Set-Cookie is forwarded only if cookies were forwarded to the origin. */
    readonly cookies: boolean;
  },
): EdgeAnswer {
  const origin = response.headers ?? {};
  const kept = Object.entries(origin).filter(
    ([name]) =>
      !isHopByHop(name, origin.connection) &&
      name !== 'transfer-encoding' &&
      name !== 'via' &&
      (name !== 'set-cookie' || options.cookies),
  );
  const outcome = response.status < 400 ? 'Miss' : 'Error';
  return {
    status: response.status,
    headers: [
      ...Object.entries(applyPolicy(Object.fromEntries(kept), options.policy, options.request)),
      ['x-cache', `${outcome} from cloudfront`],
      ...marks(options.mark),
    ],
    ...omitUndefined({ body: response.body }),
  };
}

function marks({ distributionId, requestId }: EdgeMark): [string, string][] {
  return [
    ['via', `1.1 ${edgeName(distributionId)} (CloudFront)`],
    ['x-amz-cf-pop', POP],
    ['x-amz-cf-id', requestId],
  ];
}

/** Returns the name that Lambda@Edge writes for a header without `key`. */
function titleCase(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
}
