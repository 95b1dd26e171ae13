import type { Json } from '../../json.ts';
import type { CorsPolicy } from '../model.ts';
import {
  boolean,
  checkProperties,
  integer,
  invalidArgument,
  notDone,
  optionalObject,
  requiredObject,
  strings,
} from './properties.ts';

const METHODS = ['GET', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'ALL'];

/**
 * `CorsConfig` of a response headers policy.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-responseheaderspolicy-corsconfig.html
 */
export function parseCors(value: Json | undefined, where: string): CorsPolicy | undefined {
  const config = optionalObject(value, where);
  if (config === undefined) return undefined;
  checkProperties(config, where, {
    done: [
      'AccessControlAllowCredentials',
      'AccessControlAllowHeaders',
      'AccessControlAllowMethods',
      'AccessControlAllowOrigins',
      'AccessControlExposeHeaders',
      'AccessControlMaxAgeSec',
      'OriginOverride',
    ],
  });
  const items = (name: string): string[] => {
    const list = requiredObject(config[name], `${where}/${name}`);
    checkProperties(list, `${where}/${name}`, { done: ['Items'] });
    return strings(list.Items, `${where}/${name}/Items`);
  };
  const origins = items('AccessControlAllowOrigins');
  const methods = items('AccessControlAllowMethods');
  const unknown = methods.find((method) => !METHODS.includes(method));
  if (origins.length === 0 || methods.length === 0 || unknown !== undefined) {
    throw invalidArgument('The parameter CorsConfig names no origin, no method, or one that does not exist.');
  }
  const wild = origins.find((origin) => origin !== '*' && origin.includes('*'));
  if (wild !== undefined) throw notDone(`wildcards within an origin (${wild})`);
  checkHeaderNames('AccessControlAllowHeaders', items('AccessControlAllowHeaders'));
  const exposed = config.AccessControlExposeHeaders === undefined ? [] : items('AccessControlExposeHeaders');
  checkHeaderNames('AccessControlExposeHeaders', exposed);
  const credentials = boolean(
    config.AccessControlAllowCredentials,
    false,
    `${where}/AccessControlAllowCredentials`,
  );
  const anything = [origins, methods, items('AccessControlAllowHeaders')].some((list) => list.includes('*'));
  if (credentials && (anything || methods.includes('ALL'))) {
    throw invalidArgument('The parameter AccessControlAllowCredentials cannot be true beside a wildcard.');
  }
  return {
    origins,
    methods: methods.includes('ALL') ? METHODS.filter((method) => method !== 'ALL') : methods,
    headers: items('AccessControlAllowHeaders'),
    exposed,
    credentials,
    ...(config.AccessControlMaxAgeSec === undefined
      ? {}
      : {
          maxAgeSeconds: integer(
            config.AccessControlMaxAgeSec,
            { min: 0, max: 2_147_483_647, otherwise: 0 },
            `${where}/AccessControlMaxAgeSec`,
          ),
        }),
    override: boolean(config.OriginOverride, false, `${where}/OriginOverride`),
  };
}

/** Of a request, what CORS goes by. */
export interface CorsRequest {
  readonly method: string;
  readonly origin: string | undefined;
  /** Of a preflight. */
  readonly requestMethod: string | undefined;
  /** Of a preflight, as it came: names with commas between. */
  readonly requestHeaders: string | undefined;
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Header names, in which one `*` stands for any characters, or for any name where it stands alone. */
function checkHeaderNames(parameter: string, names: readonly string[]): void {
  const wrong = names.find((name) => !NAME.test(name) || name.split('*').length > 2);
  if (wrong !== undefined) throw invalidArgument(`The parameter ${parameter} holds no header name: ${wrong}`);
}

/**
 * The names that a preflight is told. A pattern such as `x-amz-meta-*` means nothing to a browser, so those that it
 * asks for are named in its place. `*` alone goes out as it stands: to a browser it means every header but
 * `Authorization`, which therefore needs a mention of its own.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
 */
function allowedHeaders(allowed: readonly string[], requested = ''): string {
  const asked = requested.split(',').map((name) => name.trim());
  const names = allowed.flatMap((name) => {
    if (name === '*' || !name.includes('*')) return [name];
    const [start = '', end = ''] = name.toLowerCase().split('*');
    return asked.filter((one) => {
      const lower = one.toLowerCase();
      return one.length >= start.length + end.length && lower.startsWith(start) && lower.endsWith(end);
    });
  });
  return [...new Set(names)].join(', ');
}

/** The headers that a policy has for a request; none for one that is no CORS request, or of a page that it does not name. */
export function corsHeaders(policy: CorsPolicy, request: CorsRequest): Record<string, string> {
  const { origins, methods, headers, exposed, credentials, maxAgeSeconds } = policy;
  const { origin } = request;
  if (origin === undefined) return {};
  const allowed = origins.includes('*') ? '*' : origins.find((one) => one === origin);
  if (allowed === undefined) return {};
  const preflight = request.method === 'OPTIONS' && request.requestMethod !== undefined;
  return {
    'access-control-allow-origin': allowed,
    ...(credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(preflight
      ? {
          'access-control-allow-methods': methods.join(', '),
          'access-control-allow-headers': allowedHeaders(headers, request.requestHeaders),
          ...(maxAgeSeconds === undefined ? {} : { 'access-control-max-age': String(maxAgeSeconds) }),
        }
      : {}),
    ...(exposed.length > 0 && !preflight ? { 'access-control-expose-headers': exposed.join(', ') } : {}),
  };
}
