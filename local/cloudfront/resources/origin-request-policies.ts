import type { JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { AwsError } from '../../wire/errors.ts';
import { policyId } from '../ids.ts';
import type { OriginRequestPolicy, Selection, StoredOriginRequestPolicy } from '../model.ts';
import type { Store } from '../store.ts';
import { MANAGED_ORIGIN_REQUEST_POLICIES, OTHER_ORIGIN_REQUEST_POLICIES } from './managed-policies.ts';
import { behaviorsOf, namedResource } from './named-resource.ts';
import {
  checkProperties,
  invalidArgument,
  notDone,
  oneOf,
  optionalString,
  requiredObject,
  requiredString,
  strings,
} from './properties.ts';

/** Quota a policy: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-policies */
const MAX_NAMES = 10;
const WHERE = '#/OriginRequestPolicyConfig';

/** `AWS::CloudFront::OriginRequestPolicy`; `Ref` and `Id` give the policy's UUID. */
export function originRequestPolicies(store: Store): ResourceHandler {
  return namedResource(store, {
    kind: 'OriginRequestPolicy',
    noun: 'origin request policy',
    whileUsed: 'attached to one or more cache behaviors',
    newId: policyId,
    parse: parsePolicy,
    all: (state) => state.originRequestPolicies,
    put: (all) => ({ originRequestPolicies: all }),
    uses: (distribution, id) =>
      behaviorsOf(distribution).some(({ originRequestPolicyId }) => originRequestPolicyId === id),
  });
}

/** The policy of a behavior; throws for an id that no policy has. */
export function findOriginRequestPolicy(store: Store, id: string): OriginRequestPolicy {
  const policy = MANAGED_ORIGIN_REQUEST_POLICIES[id] ?? store.state.originRequestPolicies[id];
  if (policy !== undefined) return policy;
  const other = OTHER_ORIGIN_REQUEST_POLICIES[id];
  if (other !== undefined) throw notDone(`the managed origin request policy ${other}`);
  throw new AwsError('NoSuchOriginRequestPolicy', 'The specified origin request policy does not exist.', 404);
}

function parsePolicy(id: string, properties: JsonObject): StoredOriginRequestPolicy {
  checkProperties(properties, '#', { done: ['OriginRequestPolicyConfig'] });
  const config = requiredObject(properties.OriginRequestPolicyConfig, WHERE);
  checkProperties(config, WHERE, {
    done: ['Comment', 'CookiesConfig', 'HeadersConfig', 'Name', 'QueryStringsConfig'],
  });
  optionalString(config.Comment, `${WHERE}/Comment`);
  const headers = selection(config, 'HeadersConfig', 'HeaderBehavior', 'Headers');
  const names = headers.names.map((name) => name.toLowerCase());
  const barred = names.find((name) => name === 'authorization' || name === 'accept-encoding');
  if (barred !== undefined && headers.behavior === 'whitelist') {
    throw invalidArgument(`The parameter Headers contains ${barred} that is not allowed.`);
  }
  return {
    id,
    name: requiredString(config.Name, `${WHERE}/Name`),
    headers: { ...headers, names },
    cookies: selection(config, 'CookiesConfig', 'CookieBehavior', 'Cookies'),
    queryStrings: selection(config, 'QueryStringsConfig', 'QueryStringBehavior', 'QueryStrings'),
  };
}

/** One of the three `{ <what>Behavior, <what>s }` objects of a policy. */
function selection(config: JsonObject, part: string, behaviorKey: string, namesKey: string): Selection {
  const where = `${WHERE}/${part}`;
  const object = requiredObject(config[part], where);
  checkProperties(object, where, { done: [behaviorKey, namesKey] });
  const written = requiredString(object[behaviorKey], `${where}/${behaviorKey}`);
  if (written === 'allViewerAndWhitelistCloudFront') throw notDone(`${where}/${behaviorKey} ${written}`);
  const behavior = oneOf(
    written === 'allViewer' && part === 'HeadersConfig' ? 'all' : written,
    ['none', 'all', 'whitelist', 'allExcept'],
    `${where}/${behaviorKey}`,
  );
  const names = strings(object[namesKey], `${where}/${namesKey}`);
  if (names.length > MAX_NAMES) {
    throw new AwsError(
      `TooMany${namesKey}InOriginRequestPolicy`,
      `The number of ${namesKey.toLowerCase()} in the origin request policy exceeds the maximum of ${MAX_NAMES}.`,
    );
  }
  if ((behavior === 'whitelist' || behavior === 'allExcept') === (names.length === 0)) {
    throw invalidArgument(`The parameter ${namesKey} does not fit the behavior ${written}.`);
  }
  return { behavior, names };
}
