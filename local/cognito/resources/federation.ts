import type { JsonObject } from '../../json.ts';
import type { ResourceHandler, ResourceState } from '../../resource.ts';
import { list, oneOf, readProperties, required, strings, structure, text } from '../../shape.ts';
import { invalidParameter, notEmbedded, resourceNotFound } from '../errors.ts';
import { poolId } from '../fields.ts';
import type { UserPool } from '../store/pool.ts';
import type { Pools } from '../store/pools.ts';
import type { ClientSettings } from './client-properties.ts';

const providerProperties = structure({
  UserPoolId: required(poolId),
  ProviderName: required(
    text({ min: 1, max: 32, pattern: /[^_\p{Z}][\p{L}\p{M}\p{S}\p{N}\p{P}][^_\p{Z}]+/u }),
  ),
  ProviderType: required(
    oneOf(['SAML', 'OIDC'], {
      notSupported: ['Facebook', 'Google', 'LoginWithAmazon', 'SignInWithApple'],
    }),
  ),
  ProviderDetails: required(strings()),
  AttributeMapping: strings(),
  IdpIdentifiers: list(text({ min: 1, max: 40, pattern: /[\w\s+=.@-]+/ })),
});

/** Required details of each type. SAML needs one of two. */
const DETAILS = {
  OIDC: ['client_id', 'client_secret', 'attributes_request_method', 'oidc_issuer', 'authorize_scopes'],
  SAML: [],
} as const;

function readProvider(properties: JsonObject) {
  const provider = readProperties(providerProperties, properties);
  const { ProviderDetails: details, ProviderType: type } = provider;
  const missing = DETAILS[type].find((name) => !details[name]);
  if (missing !== undefined) throw invalidParameter(`${missing} is required for provider type ${type}`);
  if (type === 'SAML' && !details.MetadataURL && !details.MetadataFile) {
    throw invalidParameter('MetadataURL or MetadataFile is required for provider type SAML');
  }
  return provider;
}

/**
 * `AWS::Cognito::UserPoolIdentityProvider`,
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolidentityprovider.html
 */
export function identityProviderResource(pools: Pools): ResourceHandler {
  const save = (pool: UserPool, name: string, added: boolean) => {
    const others = (pool.record.providers ?? []).filter((other) => other !== name);
    pool.record = { ...pool.record, providers: added ? [...others, name] : others };
  };
  const put = async ({ properties }: { readonly properties: JsonObject }): Promise<ResourceState> => {
    const { UserPoolId, ProviderName } = readProvider(properties);
    save(pools.get(UserPoolId), ProviderName, true);
    return { physicalId: ProviderName, attributes: {} };
  };
  return {
    type: 'AWS::Cognito::UserPoolIdentityProvider',
    replaceOn: ['ProviderName', 'ProviderType', 'UserPoolId'],
    create: put,
    update: put,
    async delete(_physicalId, properties) {
      const { UserPoolId, ProviderName } = readProvider(properties);
      const pool = pools.find(UserPoolId);
      if (pool !== undefined) save(pool, ProviderName, false);
    },
  };
}

const domainProperties = structure(
  {
    UserPoolId: required(poolId),
    Domain: required(text({ min: 1, max: 63, pattern: /[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?/ })),
  },
  { notSupported: ['CustomDomainConfig', 'ManagedLoginVersion', 'Routing'] },
);

/**
 * `AWS::Cognito::UserPoolDomain`,
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpooldomain.html
 */
export function userPoolDomainResource(pools: Pools): ResourceHandler {
  return {
    type: 'AWS::Cognito::UserPoolDomain',
    replaceOn: ['Domain', 'UserPoolId'],
    async create({ properties }) {
      const { UserPoolId, Domain } = readProperties(domainProperties, properties);
      const pool = pools.get(UserPoolId);
      const reserved = ['aws', 'amazon', 'cognito'].find((word) => Domain.includes(word));
      if (reserved !== undefined) throw invalidParameter(`Domain cannot contain reserved word: ${reserved}`);
      const owner = pools.all().find(({ record }) => record.domain === Domain);
      if (owner !== undefined && owner !== pool) {
        throw invalidParameter('Domain already associated with another user pool.');
      }
      pool.record = { ...pool.record, domain: Domain };
      return { physicalId: Domain, attributes: {} };
    },
    async update({ physicalId }) {
      throw resourceNotFound(`The domain ${physicalId} has no property that can be changed.`);
    },
    async delete(physicalId) {
      const pool = pools.all().find(({ record }) => record.domain === physicalId);
      if (pool === undefined) return;
      const { domain: _, ...record } = pool.record;
      pool.record = record;
    },
  };
}

const OAUTH = ['AllowedOAuthFlows', 'AllowedOAuthScopes', 'CallbackURLs'] as const;

/** Cognito accepts plain http for `localhost` alone. */
const isCallback = (url: string) =>
  URL.canParse(url) && !(url.startsWith('http:') && new URL(url).hostname !== 'localhost');

/**
 * Checks the providers and OAuth settings of a client. Without a managed login, a client can have OAuth settings only for
 * a provider of its pool.
 *
 * @throws AwsError `InvalidParameterException`
 */
export function checkFederation({ id, record }: UserPool, settings: ClientSettings): void {
  const { SupportedIdentityProviders = [], CallbackURLs = [], AllowedOAuthFlows } = settings;
  const others = SupportedIdentityProviders.filter((name) => name !== 'COGNITO');
  const unknown = others.find((name) => record.providers?.includes(name) !== true);
  if (unknown !== undefined)
    throw invalidParameter(`The provider ${unknown} does not exist for User Pool ${id}.`);
  const oauth = OAUTH.find((name) => settings[name] !== undefined);
  if (oauth !== undefined && others.length === 0) throw notEmbedded(`the property #/${oauth}`);
  const invalid = CallbackURLs.find((url) => !isCallback(url));
  if (invalid !== undefined) throw invalidParameter(`${invalid} cannot use the HTTP protocol.`);
  if (AllowedOAuthFlows !== undefined && CallbackURLs.length === 0) {
    throw invalidParameter('CallbackURLs are required if AllowedOAuthFlows contains code or implicit.');
  }
}
