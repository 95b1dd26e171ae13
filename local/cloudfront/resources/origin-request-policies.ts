import { own } from '../../json.ts';
import { type ResourceHandler, uuidOf } from '../../resource.ts';
import { changed, list, oneOf, required, structure, text, withDefault } from '../../shape.ts';
import { AwsError, notSupported } from '../../wire/errors.ts';
import { behaviorsOf, type OriginRequestPolicy, type Selection } from '../model.ts';
import type { CloudFrontStore } from '../store.ts';
import { namedResource } from './named-resource.ts';
import { invalidArgument, name } from './shapes.ts';

/**
 * Managed policies, which every account has.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
 */
export const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';

/** Managed policies that are refused, because the embedded CloudFront has no cache. By id. */
export const CACHING_POLICIES: Readonly<Record<string, string>> = {
  '2e54312d-136d-493c-8eb9-b001f22f67d2': 'Amplify',
  '658327ea-f89d-4fab-a63d-7e88639e58f6': 'CachingOptimized',
  'b2884449-e4de-46a7-ac36-70bc7f1ddd6d': 'CachingOptimizedForUncompressedObjects',
  '08627262-05a9-4f76-9ded-b50ca2e3a84f': 'Elemental-MediaPackage',
  '83da9c7e-98b4-4e11-a168-04f0df8e2c65': 'UseOriginCacheControlHeaders',
  '4cc15a8a-d715-48a4-82b8-cc0b614638fe': 'UseOriginCacheControlHeaders-QueryStrings',
};

const ALL: Selection = { behavior: 'all', names: [] };
const NONE: Selection = { behavior: 'none', names: [] };
const named = (...names: string[]): Selection => ({ behavior: 'whitelist', names });

const ALL_VIEWER = '216adef6-5c7f-47e4-b989-5492eafa07d3';
const ALL_VIEWER_EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

const MANAGED_ORIGIN_REQUEST_POLICIES: Readonly<Record<string, OriginRequestPolicy>> = {
  [ALL_VIEWER]: { headers: ALL, cookies: ALL, queryStrings: ALL },
  [ALL_VIEWER_EXCEPT_HOST]: {
    headers: { behavior: 'allExcept', names: ['host'] },
    cookies: ALL,
    queryStrings: ALL,
  },
  // CORS-S3Origin
  '88a5eaf4-2fd4-4709-b370-b4c650ea3fcf': {
    headers: named('origin', 'access-control-request-headers', 'access-control-request-method'),
    cookies: NONE,
    queryStrings: NONE,
  },
  // CORS-CustomOrigin
  '59781a5b-3903-41f3-afcb-af62929ccde1': { headers: named('origin'), cookies: NONE, queryStrings: NONE },
  // UserAgentRefererHeaders
  'acba4595-bd28-49b8-b9fe-13317c0390fa': {
    headers: named('user-agent', 'referer'),
    cookies: NONE,
    queryStrings: NONE,
  },
};

/**
 * Managed policies that are refused, because they forward what CloudFront adds or what only other origins use. By id.
 */
const OTHER_ORIGIN_REQUEST_POLICIES: Readonly<Record<string, string>> = {
  '775133bc-15f2-49f9-abea-afb2e0bf67d2': 'Elemental-MediaTailor-PersonalizedManifests',
  '33f36d7e-f396-46d9-90e0-52428a34d9dc': 'AllViewerAndCloudFrontHeaders-2022-06',
  'bf0718e1-ba1e-49d1-88b1-f726733018ae': 'HostHeaderOnly',
};

/**
 * Maximum names in a policy:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-policies
 */
const MAX_NAMES = 10;

const names = withDefault(list(name), []);

const headers = changed(
  structure({
    HeaderBehavior: required(
      oneOf(['none', 'allViewer', 'whitelist', 'allExcept'], {
        notSupported: ['allViewerAndWhitelistCloudFront'],
      }),
    ),
    Headers: names,
  }),
  ({ HeaderBehavior, Headers }) => {
    const lower = Headers.map((one) => one.toLowerCase());
    const barred = lower.find((one) => one === 'authorization' || one === 'accept-encoding');
    if (barred !== undefined && HeaderBehavior === 'whitelist') {
      throw invalidArgument(`The parameter Headers contains ${barred} that is not allowed.`);
    }
    return selection('Headers', HeaderBehavior === 'allViewer' ? 'all' : HeaderBehavior, lower);
  },
);

const behavior = required(oneOf(['none', 'all', 'whitelist', 'allExcept']));

const cookies = changed(
  structure({ CookieBehavior: behavior, Cookies: names }),
  ({ CookieBehavior, Cookies }) => selection('Cookies', CookieBehavior, Cookies),
);

const queryStrings = changed(
  structure({ QueryStringBehavior: behavior, QueryStrings: names }),
  ({ QueryStringBehavior, QueryStrings }) => selection('QueryStrings', QueryStringBehavior, QueryStrings),
);

const config = structure({
  Comment: text(),
  CookiesConfig: required(cookies),
  HeadersConfig: required(headers),
  Name: required(name),
  QueryStringsConfig: required(queryStrings),
});

const shape = changed(
  structure({ OriginRequestPolicyConfig: required(config) }),
  ({ OriginRequestPolicyConfig: given }) => ({
    name: given.Name,
    headers: given.HeadersConfig,
    cookies: given.CookiesConfig,
    queryStrings: given.QueryStringsConfig,
  }),
);

/** `AWS::CloudFront::OriginRequestPolicy`; `Ref` and `Id` return the policy's UUID. */
export function originRequestPolicies(store: CloudFrontStore): ResourceHandler {
  return namedResource(store, {
    name: 'OriginRequestPolicy',
    kind: 'originRequestPolicies',
    whileUsed: 'attached to one or more cache behaviors',
    newId: uuidOf,
    shape,
    uses: (distribution, id) =>
      behaviorsOf(distribution).some(({ originRequestPolicyId }) => originRequestPolicyId === id),
  });
}

/** @throws AwsError `NoSuchOriginRequestPolicy`, or an error for a managed policy that is not supported */
export function findOriginRequestPolicy(store: CloudFrontStore, id: string): OriginRequestPolicy {
  const policy = own(MANAGED_ORIGIN_REQUEST_POLICIES, id) ?? own(store.state.originRequestPolicies, id);
  if (policy !== undefined) return policy;
  const other = own(OTHER_ORIGIN_REQUEST_POLICIES, id);
  if (other !== undefined) throw notSupported(`the managed origin request policy ${other}`);
  throw new AwsError('NoSuchOriginRequestPolicy', 'The specified origin request policy does not exist.', 404);
}

function selection(what: string, behavior: Selection['behavior'], names: readonly string[]): Selection {
  if (names.length > MAX_NAMES) {
    throw new AwsError(
      `TooMany${what}InOriginRequestPolicy`,
      `The number of ${what.toLowerCase()} in the origin request policy exceeds the maximum of ${MAX_NAMES}.`,
    );
  }
  if ((behavior === 'whitelist' || behavior === 'allExcept') === names.length > 0) return { behavior, names };
  throw invalidArgument(`The parameter ${what} does not fit the behavior ${behavior}.`);
}
