import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { ResourceHandler } from '../../resource.ts';
import { changed, flag, optional, required, structure, text } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import { policyId } from '../ids.ts';
import { behaviorsOf, type StoredResponseHeadersPolicy } from '../model.ts';
import type { Store } from '../store.ts';
import { corsConfig } from './cors-config.ts';
import { namedResource } from './named-resource.ts';
import { securityHeaders } from './security-headers.ts';
import { items, name } from './shapes.ts';

const headerName = changed(name, (given) => given.toLowerCase());

const customHeader = changed(
  structure({ Header: required(headerName), Override: optional(flag(), false), Value: required(name) }),
  ({ Header, Override, Value }) => ({ name: Header, value: Value, override: Override }),
);

const removedHeader = changed(structure({ Header: required(headerName) }), ({ Header }) => Header);

const config = structure(
  {
    Comment: optional(text()),
    CorsConfig: optional(corsConfig),
    CustomHeadersConfig: optional(items(customHeader), []),
    Name: required(name),
    RemoveHeadersConfig: optional(items(removedHeader), []),
    SecurityHeadersConfig: optional(securityHeaders, []),
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
export function responseHeadersPolicies(store: Store): ResourceHandler {
  return namedResource(store, {
    kind: 'ResponseHeadersPolicy',
    noun: 'response headers policy',
    whileUsed: 'attached to one or more cache behaviors',
    newId: policyId,
    shape,
    all: (state) => state.responseHeadersPolicies,
    put: (all) => ({ responseHeadersPolicies: all }),
    uses: (distribution, id) =>
      behaviorsOf(distribution).some(({ responseHeadersPolicyId }) => responseHeadersPolicyId === id),
  });
}

/** @throws AwsError `NoSuchResponseHeadersPolicy`, for AWS's managed policies too */
export function findResponseHeadersPolicy(store: Store, id: string): StoredResponseHeadersPolicy {
  const policy = store.state.responseHeadersPolicies[id];
  if (policy !== undefined) return policy;
  throw new AwsError(
    'NoSuchResponseHeadersPolicy',
    'The specified response headers policy does not exist (the embedded cloud has no managed ones).',
    404,
  );
}
