import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import { changed, flag, optional, required, structure, text } from '../../shape.ts';
import { notSupported } from '../../wire/errors.ts';
import type { CorsPolicy } from '../model.ts';
import { invalidArgument, items, name, within } from './shapes.ts';

const METHODS = ['GET', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A header name in which one `*` stands for any characters. */
const headerName = changed(text(), (given, place) => {
  if (NAME.test(given) && given.split('*').length <= 2) return given;
  throw invalidArgument(`${place} is no header name: ${given}`);
});

/**
 * `CorsConfig` of a response headers policy.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-responseheaderspolicy-corsconfig.html
 */
export const corsConfig = changed(
  structure({
    AccessControlAllowCredentials: optional(flag(), false),
    AccessControlAllowHeaders: required(items(headerName)),
    AccessControlAllowMethods: required(items(name)),
    AccessControlAllowOrigins: required(items(name)),
    AccessControlExposeHeaders: optional(items(headerName), []),
    AccessControlMaxAgeSec: optional(within(0, 2_147_483_647)),
    OriginOverride: optional(flag(), false),
  }),
  (given): CorsPolicy => {
    const { AccessControlAllowMethods: methods, AccessControlAllowOrigins: origins } = given;
    const { AccessControlAllowHeaders: headers, AccessControlAllowCredentials: credentials } = given;
    const unknown = methods.some((method) => method !== 'ALL' && !METHODS.includes(method));
    if (origins.length === 0 || methods.length === 0 || unknown) {
      throw invalidArgument(
        'The parameter CorsConfig names no origin, no method, or one that does not exist.',
      );
    }
    const wild = origins.find((origin) => origin !== '*' && origin.includes('*'));
    if (wild !== undefined) throw notSupported(`wildcards within an origin (${wild})`);
    if (credentials && (methods.includes('ALL') || [...origins, ...methods, ...headers].includes('*'))) {
      throw invalidArgument('The parameter AccessControlAllowCredentials cannot be true beside a wildcard.');
    }
    return {
      origins,
      methods: methods.includes('ALL') ? METHODS : methods,
      headers,
      exposed: given.AccessControlExposeHeaders,
      credentials,
      ...omitUndefined({ maxAgeSeconds: given.AccessControlMaxAgeSec }),
      override: given.OriginOverride,
    };
  },
);
