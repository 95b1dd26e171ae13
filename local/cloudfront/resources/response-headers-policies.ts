import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { AwsError } from '../../wire/errors.ts';
import { policyId } from '../ids.ts';
import type { StoredResponseHeadersPolicy } from '../model.ts';
import type { Store } from '../store.ts';
import { type CorsRequest, corsHeaders, parseCors } from './cors-config.ts';
import { behaviorsOf, namedResource } from './named-resource.ts';
import {
  boolean,
  checkProperties,
  objects,
  optionalObject,
  requiredObject,
  requiredString,
} from './properties.ts';
import { securityHeaders } from './security-headers.ts';

const WHERE = '#/ResponseHeadersPolicyConfig';

/** `AWS::CloudFront::ResponseHeadersPolicy`: custom, security, CORS and removed headers; Server-Timing is refused. */
export function responseHeadersPolicies(store: Store): ResourceHandler {
  return namedResource(store, {
    kind: 'ResponseHeadersPolicy',
    noun: 'response headers policy',
    whileUsed: 'attached to one or more cache behaviors',
    newId: policyId,
    parse: parsePolicy,
    all: (state) => state.responseHeadersPolicies,
    put: (all) => ({ responseHeadersPolicies: all }),
    uses: (distribution, id) =>
      behaviorsOf(distribution).some(({ responseHeadersPolicyId }) => responseHeadersPolicyId === id),
  });
}

/** The policy of a behavior; throws for an id that no policy has. AWS's managed ones are not kept here. */
export function findResponseHeadersPolicy(store: Store, id: string): StoredResponseHeadersPolicy {
  const policy = store.state.responseHeadersPolicies[id];
  if (policy !== undefined) return policy;
  throw new AwsError(
    'NoSuchResponseHeadersPolicy',
    'The specified response headers policy does not exist (the embedded CloudFront keeps no managed ones).',
    404,
  );
}

/** An origin's response headers as the policy leaves them. Removal comes first, so a policy may replace. */
export function applyPolicy(
  headers: Readonly<Record<string, string>>,
  policy: StoredResponseHeadersPolicy | undefined,
  request: CorsRequest,
): Record<string, string> {
  const changed = { ...headers };
  for (const name of policy?.remove ?? []) delete changed[name];
  for (const { name, value, override } of policy?.set ?? []) {
    if (override || changed[name] === undefined) changed[name] = value;
  }
  const cors = policy?.cors;
  for (const [name, value] of cors === undefined ? [] : Object.entries(corsHeaders(cors, request))) {
    if (cors?.override || changed[name] === undefined) changed[name] = value;
  }
  return changed;
}

function parsePolicy(id: string, properties: JsonObject): StoredResponseHeadersPolicy {
  checkProperties(properties, '#', { done: ['ResponseHeadersPolicyConfig'] });
  const config = requiredObject(properties.ResponseHeadersPolicyConfig, WHERE);
  checkProperties(config, WHERE, {
    done: [
      'Comment',
      'CorsConfig',
      'CustomHeadersConfig',
      'Name',
      'RemoveHeadersConfig',
      'SecurityHeadersConfig',
    ],
    notDone: ['ServerTimingHeadersConfig'],
  });
  const items = (part: string, names: readonly string[]) => {
    const where = `${WHERE}/${part}`;
    const list = optionalObject(config[part], where);
    if (list === undefined) return [];
    checkProperties(list, where, { done: ['Items'] });
    return objects(list.Items, `${where}/Items`).map((item, index) => {
      checkProperties(item, `${where}/Items/${index}`, { done: names });
      return item;
    });
  };
  const custom = items('CustomHeadersConfig', ['Header', 'Override', 'Value']).map((item) => ({
    name: requiredString(item.Header, `${WHERE}/CustomHeadersConfig/Header`).toLowerCase(),
    value: requiredString(item.Value, `${WHERE}/CustomHeadersConfig/Value`),
    override: boolean(item.Override, false, `${WHERE}/CustomHeadersConfig/Override`),
  }));
  const cors = parseCors(config.CorsConfig, `${WHERE}/CorsConfig`);
  return {
    id,
    ...omitUndefined({ cors }),
    name: requiredString(config.Name, `${WHERE}/Name`),
    set: [...securityHeaders(config.SecurityHeadersConfig, `${WHERE}/SecurityHeadersConfig`), ...custom],
    remove: items('RemoveHeadersConfig', ['Header']).map((item) =>
      requiredString(item.Header, `${WHERE}/RemoveHeadersConfig/Header`).toLowerCase(),
    ),
  };
}
