import { omitUndefined } from '../../../protocol/fields.ts';
import { own } from '../../json.ts';
import { type ResourceHandler, uuidOf } from '../../resource.ts';
import { changed, flag, oneOf, required, structure, text, withDefault } from '../../shape.ts';
import { AwsError, notSupported } from '../../wire/errors.ts';
import { isHeaderName, isHeaderValue } from '../../wire/http.ts';
import { behaviorsOf, type CorsPolicy, type StoredResponseHeadersPolicy } from '../model.ts';
import type { CloudFrontStore } from '../store.ts';
import { namedResource } from './named-resource.ts';
import { invalidArgument, items, name, upTo, within } from './shapes.ts';

const METHODS = ['GET', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

/** A header name. */
const headerName = changed(text(), (given, place) => {
  if (isHeaderName(given)) return given;
  throw invalidArgument(`${place} is not a header name: ${given}`);
});

/** A header name with at most one `*`, which matches any characters. */
const headerPattern = changed(headerName, (given, place) => {
  if (given.split('*').length <= 2) return given;
  throw invalidArgument(`${place} is not a header name: ${given}`);
});

const headerValue = changed(name, (given, place) => {
  if (isHeaderValue(given)) return given;
  throw invalidArgument(`${place} is not the value of a header`);
});

/**
 * `CorsConfig` of a response headers policy.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-responseheaderspolicy-corsconfig.html
 */
const corsConfig = changed(
  structure({
    AccessControlAllowCredentials: withDefault(flag(), false),
    AccessControlAllowHeaders: required(items(headerPattern)),
    AccessControlAllowMethods: required(items(name)),
    AccessControlAllowOrigins: required(items(name)),
    AccessControlExposeHeaders: withDefault(items(headerPattern), []),
    AccessControlMaxAgeSec: within(0, 2_147_483_647),
    OriginOverride: withDefault(flag(), false),
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

type SetHeader = StoredResponseHeadersPolicy['set'][number];

const override = { Override: withDefault(flag(), false) };

const header = (header: string, value: string, { Override }: { readonly Override: boolean }): SetHeader => ({
  name: header,
  value,
  override: Override,
});

/**
 * The headers of a response headers policy's `SecurityHeadersConfig`.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html#understanding-response-headers-policies-security
 */
const securityHeaders = changed(
  structure({
    ContentSecurityPolicy: changed(
      structure({ ...override, ContentSecurityPolicy: required(headerValue) }),
      (given) => header('content-security-policy', given.ContentSecurityPolicy, given),
    ),
    ContentTypeOptions: changed(structure(override), (given) =>
      header('x-content-type-options', 'nosniff', given),
    ),
    FrameOptions: changed(
      structure({ ...override, FrameOption: required(oneOf(['DENY', 'SAMEORIGIN'])) }),
      (given) => header('x-frame-options', given.FrameOption, given),
    ),
    ReferrerPolicy: changed(structure({ ...override, ReferrerPolicy: required(headerValue) }), (given) =>
      header('referrer-policy', given.ReferrerPolicy, given),
    ),
    StrictTransportSecurity: changed(
      structure({
        ...override,
        AccessControlMaxAgeSec: withDefault(within(0, 2_147_483_647), 0),
        IncludeSubdomains: flag(),
        Preload: flag(),
      }),
      (given) => {
        const parts = [
          `max-age=${given.AccessControlMaxAgeSec}`,
          given.IncludeSubdomains && 'includeSubDomains',
          given.Preload && 'preload',
        ];
        return header('strict-transport-security', parts.filter(Boolean).join('; '), given);
      },
    ),
    XSSProtection: changed(
      structure({
        ...override,
        ModeBlock: flag(),
        Protection: flag(),
        ReportUri: headerValue,
      }),
      (given) => {
        const report = given.ReportUri;
        const parts = ['1', given.ModeBlock && 'mode=block', report !== undefined && `report=${report}`];
        return header('x-xss-protection', given.Protection ? parts.filter(Boolean).join('; ') : '0', given);
      },
    ),
  }),
  (given) => Object.values(given).filter((one) => one !== undefined),
);

const lowerCaseName = changed(headerName, (given) => given.toLowerCase());

const customHeader = changed(
  structure({ ...override, Header: required(lowerCaseName), Value: required(headerValue) }),
  ({ Header, Override, Value }) => ({ name: Header, value: Value, override: Override }),
);

const removedHeader = changed(structure({ Header: required(lowerCaseName) }), ({ Header }) => Header);

const customHeaders = upTo(
  10,
  items(customHeader),
  'TooManyCustomHeadersInResponseHeadersPolicy',
  'The number of custom headers in the response headers policy exceeds the maximum.',
);

const removedHeaders = upTo(
  10,
  items(removedHeader),
  'TooManyRemoveHeadersInResponseHeadersPolicy',
  'The number of headers in RemoveHeadersConfig in the response headers policy exceeds the maximum.',
);

const config = structure(
  {
    Comment: text(),
    CorsConfig: corsConfig,
    CustomHeadersConfig: withDefault(customHeaders, []),
    Name: required(name),
    RemoveHeadersConfig: withDefault(removedHeaders, []),
    SecurityHeadersConfig: withDefault(securityHeaders, []),
  },
  { notSupported: ['ServerTimingHeadersConfig'] },
);

const shape = changed(
  structure({ ResponseHeadersPolicyConfig: required(config) }),
  ({ ResponseHeadersPolicyConfig: given }): Omit<StoredResponseHeadersPolicy, 'id'> => ({
    name: given.Name,
    set: [...given.SecurityHeadersConfig, ...given.CustomHeadersConfig],
    remove: given.RemoveHeadersConfig,
    ...omitUndefined({ cors: given.CorsConfig }),
  }),
);

/** `AWS::CloudFront::ResponseHeadersPolicy`: custom, security, CORS and removed headers, without Server-Timing. */
export function responseHeadersPolicies(store: CloudFrontStore): ResourceHandler {
  return namedResource(store, {
    name: 'ResponseHeadersPolicy',
    kind: 'responseHeadersPolicies',
    whileUsed: 'attached to one or more cache behaviors',
    newId: uuidOf,
    shape,
    uses: (distribution, id) =>
      behaviorsOf(distribution).some(({ responseHeadersPolicyId }) => responseHeadersPolicyId === id),
  });
}

/** @throws AwsError `NoSuchResponseHeadersPolicy`, also for AWS's managed policies */
export function findResponseHeadersPolicy(store: CloudFrontStore, id: string): StoredResponseHeadersPolicy {
  const policy = own(store.state.responseHeadersPolicies, id);
  if (policy !== undefined) return policy;
  throw new AwsError(
    'NoSuchResponseHeadersPolicy',
    'The specified response headers policy does not exist (the embedded cloud has no managed ones).',
    404,
  );
}
