import type { OriginRequestPolicy, Selection } from '../../model.ts';
import type { EdgeHeaders, EdgeRequest } from '../function/viewer-event.ts';
import { encodeWire, isHopByHop } from '../header-rules.ts';

/** Whether a policy forwards the header, cookie or query key of this name. */
function selects({ behavior, names }: Selection, name: string): boolean {
  switch (behavior) {
    case 'none':
      return false;
    case 'all':
      return true;
    case 'whitelist':
      return names.includes(name);
    case 'allExcept':
      return !names.includes(name);
  }
}

/** Returns the selected parts of a `;`- or `&`-separated list, unchanged. */
function selectedPairs(text: string, separator: ';' | '&', selection: Selection): string {
  if (text === '' || selection.behavior === 'all') return text;
  return text
    .split(separator)
    .filter((pair) => selects(selection, (pair.split('=', 1)[0] ?? '').trim()))
    .join(separator)
    .trim();
}

/**
 * Headers that are always forwarded, from the request header table.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#request-custom-headers-behavior
 */
const ALWAYS = new Set([
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'from',
  'range',
  'transfer-encoding',
]);
/** CloudFront sets these headers itself or does not forward them. */
const OWN = new Set(['host', 'cookie', 'expect', 'via', 'x-forwarded-for', 'user-agent', 'x-amz-cf-id']);
/** A policy that forwards all of the viewer's headers does not forward these to an S3 origin. */
const S3_RESPONSE_KEYS = [
  'response-content-disposition',
  'response-content-encoding',
  'response-content-type',
] as const;

export interface OriginRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Record<string, string>;
}

/**
 * Returns the request line and headers for an S3 origin, after the function allowed the request.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-origin-requests.html
 */
export function originRequest(
  request: EdgeRequest,
  options: {
    /** Absent: only the default headers are forwarded. */
    readonly policy: OriginRequestPolicy | undefined;
    readonly origin: { readonly host: string; readonly path: string };
    readonly edge: { readonly name: string; readonly requestId: string };
  },
): OriginRequest {
  const { policy, origin, edge } = options;
  const headers: Record<string, string> = {};
  for (const name of Object.keys(request.headers)) {
    if (OWN.has(name) || isHopByHop(name) || !forwards(name, request.method, policy)) continue;
    const value = joined(request.headers, name);
    if (value !== undefined) headers[name] = value;
  }

  const viewers = (name: string) => joined(request.headers, name);
  const wanted = (name: string) =>
    policy !== undefined && selects(policy.headers, name) ? viewers(name) : undefined;
  headers.host = wanted('host') ?? origin.host;
  headers['user-agent'] = wanted('user-agent') ?? 'Amazon CloudFront';
  headers.via = appended(viewers('via'), `1.1 ${edge.name} (CloudFront)`, ', ');
  headers['x-forwarded-for'] = appended(viewers('x-forwarded-for'), request.clientIp, ',');
  headers['x-amz-cf-id'] = edge.requestId;
  const viewersCookie = viewers('cookie');
  const cookie =
    viewersCookie === undefined || policy === undefined
      ? ''
      : selectedPairs(viewersCookie, ';', policy.cookies);
  if (cookie !== '') headers.cookie = cookie;

  return {
    method: request.method,
    path: `${origin.path}${encodeWire(request.uri)}`,
    query: policy === undefined ? '' : forwardedQuery(encodeWire(request.querystring), policy),
    headers,
  };
}

/** GET and HEAD lose Authorization unless a policy names it; the other methods keep it. */
function forwards(name: string, method: string, policy: OriginRequestPolicy | undefined): boolean {
  if (policy !== undefined && selects(policy.headers, name)) return true;
  if (name === 'authorization') return method !== 'GET' && method !== 'HEAD';
  return ALWAYS.has(name);
}

function forwardedQuery(query: string, policy: OriginRequestPolicy): string {
  const selected = selectedPairs(query, '&', policy.queryStrings);
  const allViewer = policy.headers.behavior === 'all' || policy.headers.behavior === 'allExcept';
  return allViewer
    ? selectedPairs(selected, '&', { behavior: 'allExcept', names: S3_RESPONSE_KEYS })
    : selected;
}

/** Returns a header's value as bytes, its repetitions joined; `undefined` without the header. */
function joined(headers: EdgeHeaders, name: string): string | undefined {
  const entries = Object.hasOwn(headers, name) ? (headers[name] ?? []) : [];
  const [first] = entries;
  if (first === undefined || entries.length === 1) return first && encodeWire(first.value);
  return entries.map(({ value }) => encodeWire(value)).join(name === 'cookie' ? '; ' : ', ');
}

function appended(list: string | undefined, item: string, separator: string): string {
  return list === undefined || list === '' ? item : `${list}${separator}${item}`;
}
