import type { ResourceHandler } from '../../resource.ts';
import { changed, list, oneOf, optional, required, structure, text } from '../../shape.ts';
import { AwsError, notSupported } from '../../wire/errors.ts';
import { policyId } from '../ids.ts';
import { behaviorsOf, type OriginRequestPolicy, type Selection } from '../model.ts';
import type { Store } from '../store.ts';
import { MANAGED_ORIGIN_REQUEST_POLICIES, OTHER_ORIGIN_REQUEST_POLICIES } from './managed-policies.ts';
import { namedResource } from './named-resource.ts';
import { invalidArgument, name } from './shapes.ts';

/** Quota of a policy: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-policies */
const MAX_NAMES = 10;

const names = optional(list(name), []);

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
  Comment: optional(text()),
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
export function originRequestPolicies(store: Store): ResourceHandler {
  return namedResource(store, {
    kind: 'OriginRequestPolicy',
    noun: 'origin request policy',
    whileUsed: 'attached to one or more cache behaviors',
    newId: policyId,
    shape,
    all: (state) => state.originRequestPolicies,
    put: (all) => ({ originRequestPolicies: all }),
    uses: (distribution, id) =>
      behaviorsOf(distribution).some(({ originRequestPolicyId }) => originRequestPolicyId === id),
  });
}

/** @throws AwsError `NoSuchOriginRequestPolicy`, or that a managed policy is not supported */
export function findOriginRequestPolicy(store: Store, id: string): OriginRequestPolicy {
  const policy = MANAGED_ORIGIN_REQUEST_POLICIES[id] ?? store.state.originRequestPolicies[id];
  if (policy !== undefined) return policy;
  const other = OTHER_ORIGIN_REQUEST_POLICIES[id];
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
