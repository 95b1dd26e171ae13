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

/** What the viewer gets. */
export interface EdgeAnswer {
  readonly status: number;
  readonly reason?: string;
  /** In order; a name may come more than once. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string | Buffer | Readable;
  /** The connection ends after this answer: once the rest of the body was read, or `cut` off at once. */
  readonly end?: 'close' | 'cut';
}

/** The distribution and the request that an answer is marked with. */
export interface EdgeMark {
  readonly distributionId: string;
  readonly requestId: string;
}

/** Where this edge says it stands; AWS names its points of presence by airport. */
const POP = 'LCL50-P1';

/** CloudFront's own error page. `mark` stands before ` from cloudfront` in `x-cache`. */
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

/** A function's own response. */
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

/** An answer as a response headers policy leaves it. A header that comes more than once is one for the policy. */
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

/** An origin's response, on its way to the viewer. */
export function originAnswer(
  response: HttpResponse,
  options: {
    readonly mark: EdgeMark;
    readonly policy: StoredResponseHeadersPolicy | undefined;
    readonly request: CorsRequest;
    /** Set-Cookie goes on only where cookies went to the origin. */
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

/** How Lambda@Edge writes a header whose `key` was left out. */
function titleCase(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
}
