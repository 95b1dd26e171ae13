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
  const viewer = joined(request.headers);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(viewer)) {
    if (!OWN.has(name) && !isHopByHop(name) && forwards(name, request.method, policy)) headers[name] = value;
  }

  const wanted = (name: string) => policy !== undefined && selects(policy.headers, name);
  headers.host = (wanted('host') ? viewer.host : undefined) ?? origin.host;
  headers['user-agent'] = (wanted('user-agent') ? viewer['user-agent'] : undefined) ?? 'Amazon CloudFront';
  headers.via = appended(viewer.via, `1.1 ${edge.name} (CloudFront)`, ', ');
  headers['x-forwarded-for'] = appended(viewer['x-forwarded-for'], request.clientIp, ',');
  headers['x-amz-cf-id'] = edge.requestId;
  const cookie =
    viewer.cookie === undefined || policy === undefined
      ? ''
      : selectedPairs(viewer.cookie, ';', policy.cookies);
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

/** Joins repeated headers into one value, as bytes. */
function joined(headers: EdgeHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([, entries]) => entries.length > 0)
      .map(([name, entries]) => [
        name,
        entries.map(({ value }) => encodeWire(value)).join(name === 'cookie' ? '; ' : ', '),
      ]),
  );
}

function appended(list: string | undefined, item: string, separator: string): string {
  return list === undefined || list === '' ? item : `${list}${separator}${item}`;
}
