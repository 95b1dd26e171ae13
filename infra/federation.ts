import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import {
  type CfnUserPoolClient,
  CfnUserPoolDomain,
  CfnUserPoolIdentityProvider,
  OAuthScope,
  type UserPool,
  type UserPoolClient,
  UserPoolClientIdentityProvider,
  type UserPoolClientProps,
} from 'aws-cdk-lib/aws-cognito';
import { Fn, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { IDP_ALIAS } from '../protocol/issuer.ts';
import { MANAGED_LOGIN, REDIRECT_PATH } from '../protocol/sign-in.ts';
import type { StackOptions } from './options.ts';

type FederatedOptions = Pick<StackOptions, 'idpClientId' | 'idpSecret'> & { readonly idp: string };

/** Returns the addresses at which the command line receives a sign-in. */
function commandLineUrls(): string[] {
  const { host, ports } = MANAGED_LOGIN;
  return ports.map((port) => `http://${host}:${port}${REDIRECT_PATH}`);
}

/**
 * Allows the managed login to redirect to the upload page, at the distribution's domain name and at the operator's. The
 * identity half has no distribution, so its client redirects only to the command line.
 */
export function allowPage(
  client: UserPoolClient,
  { distributionDomainName }: IDistribution,
  { domain }: StackOptions,
): void {
  const hosts = [distributionDomainName, ...(domain === undefined ? [] : [domain])];
  const resource = client.node.defaultChild as CfnUserPoolClient;
  resource.callbackUrLs = [...commandLineUrls(), ...hosts.map((host) => `https://${host}/`)];
}

/**
 * Returns the provider's settings:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolidentityprovider.html
 */
function providerDetails({ idp, idpClientId, idpSecret }: FederatedOptions): Record<string, string> {
  const address = idp.slice(idp.indexOf(':') + 1);
  if (idp.startsWith('saml:')) return { MetadataURL: address };
  return {
    oidc_issuer: address,
    client_id: idpClientId ?? '',
    // CloudFormation reads the secret; the template contains only its name.
    client_secret: `{{resolve:secretsmanager:${idpSecret}}}`,
    authorize_scopes: 'openid',
    attributes_request_method: 'GET',
  };
}

/**
 * Adds an identity provider to the pool's managed login. Cognito creates a user named `idp_<subject>` for each of the
 * provider's users. Returns the provider, so that the client that names it can depend on it.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
 */
export function createFederation(
  scope: Construct,
  { userPoolId }: UserPool,
  options: FederatedOptions,
): CfnUserPoolIdentityProvider {
  new CfnUserPoolDomain(scope, 'UserPoolDomain', {
    userPoolId,
    // The name must be unique among the region's pools, so it contains the stack's id.
    domain: Fn.join('-', [MANAGED_LOGIN.domain, Fn.select(2, Fn.split('/', Stack.of(scope).stackId))]),
  });
  return new CfnUserPoolIdentityProvider(scope, 'IdentityProvider', {
    userPoolId,
    providerName: IDP_ALIAS,
    providerType: options.idp.startsWith('saml:') ? 'SAML' : 'OIDC',
    providerDetails: providerDetails(options),
  });
}

/** Returns client settings for the provider's users: authorization code with PKCE, without a client secret. */
export function federatedClient() {
  return {
    oAuth: {
      flows: { authorizationCodeGrant: true },
      scopes: [OAuthScope.OPENID],
      callbackUrls: commandLineUrls(),
    },
    // The pool's own users sign in through its API.
    supportedIdentityProviders: [UserPoolClientIdentityProvider.custom(IDP_ALIAS)],
  } satisfies Partial<UserPoolClientProps>;
}
