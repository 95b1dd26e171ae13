import type { OriginRequestPolicy, Selection } from '../model.ts';

/**
 * Policies that AWS keeps in every account.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
 */
export const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';

/** Known by id and refused: the embedded CloudFront keeps no cache. */
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

export const MANAGED_ORIGIN_REQUEST_POLICIES: Readonly<Record<string, OriginRequestPolicy>> = {
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

/** Known by id and refused: what they forward is made by CloudFront itself or by other origins. */
export const OTHER_ORIGIN_REQUEST_POLICIES: Readonly<Record<string, string>> = {
  '775133bc-15f2-49f9-abea-afb2e0bf67d2': 'Elemental-MediaTailor-PersonalizedManifests',
  '33f36d7e-f396-46d9-90e0-52428a34d9dc': 'AllViewerAndCloudFrontHeaders-2022-06',
  'bf0718e1-ba1e-49d1-88b1-f726733018ae': 'HostHeaderOnly',
};
