import type { JsonObject } from '../../json.ts';
import {
  flag,
  type Infer,
  integer,
  list,
  oneOf,
  readProperties,
  required,
  structure,
  text,
} from '../../shape.ts';
import { invalidParameter, notEmbedded, notInTier } from '../errors.ts';
import { poolId } from '../fields.ts';

const unit = oneOf(['seconds', 'minutes', 'hours', 'days']);
const permittedAttribute = text({ min: 1, max: 2048 });

/** The settings of a client, the same in templates and in the API. */
export const clientFields = {
  UserPoolId: required(poolId),
  ClientName: text({ min: 1, max: 128, pattern: /[\w\s+=,.@-]+/ }),
  GenerateSecret: flag(),
  AccessTokenValidity: integer({ min: 1, max: 86_400 }),
  IdTokenValidity: integer({ min: 1, max: 86_400 }),
  RefreshTokenValidity: integer({ min: 0, max: 315_360_000 }),
  TokenValidityUnits: structure({ AccessToken: unit, IdToken: unit, RefreshToken: unit }),
  AuthSessionValidity: integer({ min: 3, max: 15 }),
  EnableTokenRevocation: flag(),
  PreventUserExistenceErrors: oneOf(['ENABLED', 'LEGACY']),
  RefreshTokenRotation: structure({
    Feature: oneOf(['ENABLED', 'DISABLED']),
    RetryGracePeriodSeconds: integer({ min: 0, max: 60 }),
  }),
  ExplicitAuthFlows: list(
    oneOf([
      'ADMIN_NO_SRP_AUTH',
      'CUSTOM_AUTH_FLOW_ONLY',
      'USER_PASSWORD_AUTH',
      'ALLOW_ADMIN_USER_PASSWORD_AUTH',
      'ALLOW_CUSTOM_AUTH',
      'ALLOW_USER_PASSWORD_AUTH',
      'ALLOW_USER_SRP_AUTH',
      'ALLOW_USER_AUTH',
      'ALLOW_REFRESH_TOKEN_AUTH',
    ]),
  ),
  SupportedIdentityProviders: list(text({ min: 1, max: 32, pattern: /[\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+/u })),
  AllowedOAuthFlows: list(oneOf(['code', 'implicit', 'client_credentials']), { max: 3 }),
  AllowedOAuthScopes: list(text({ min: 1, max: 256, pattern: /[\x21\x23-\x5B\x5D-\x7E]+/ }), { max: 50 }),
  CallbackURLs: list(text({ min: 1, max: 1024, pattern: /[\p{L}\p{M}\p{S}\p{N}\p{P}]+/u }), { max: 100 }),
  ReadAttributes: list(permittedAttribute),
  WriteAttributes: list(permittedAttribute),
  AllowedOAuthFlowsUserPoolClient: flag(),
  EnablePropagateAdditionalUserContextData: flag(),
};

/** Settings that the embedded Cognito does not have. */
export const clientRules = {
  notSupported: ['AnalyticsConfiguration', 'DefaultRedirectURI', 'LogoutURLs'],
};

const clientProperties = structure(clientFields, clientRules);

export type ClientSettings = Infer<typeof clientProperties>;

export const CLIENT_TYPE = 'AWS::Cognito::UserPoolClient';

/**
 * Reads an app client's settings from its template properties,
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolclient.html
 */
export function readClientProperties(properties: JsonObject): ClientSettings {
  return checkClient(readProperties(clientProperties, properties));
}

/** @throws AwsError `InvalidParameterException` for settings that exclude each other */
export function checkClient(settings: ClientSettings): ClientSettings {
  const { AllowedOAuthFlows = [], AllowedOAuthScopes = [] } = settings;
  const needed = [AllowedOAuthFlows, AllowedOAuthScopes];
  if (settings.AllowedOAuthFlowsUserPoolClient && needed.some(({ length }) => length === 0)) {
    throw invalidParameter(
      'AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.',
    );
  }
  const flows = settings.ExplicitAuthFlows ?? [];
  const current = flows.filter((flow) => flow.startsWith('ALLOW_')).length;
  if (current > 0 && current < flows.length) {
    throw invalidParameter('ExplicitAuthFlows cannot mix values with and without the ALLOW_ prefix.');
  }
  const { access, id, refresh } = tokenValidity(settings);
  const inRange = (seconds: number) => seconds >= 300 && seconds <= 86_400;
  if (!inRange(access) || !inRange(id) || refresh < 3_600 || refresh > 315_360_000) {
    throw invalidParameter('Invalid range for token validity.');
  }
  if (refresh < access || refresh < id) throw invalidParameter('Invalid range for token validity.');
  if (settings.RefreshTokenRotation && !settings.RefreshTokenRotation.Feature) {
    throw invalidParameter('RefreshTokenRotation needs a Feature.');
  }
  if (isRotating(settings) && flows.includes('ALLOW_REFRESH_TOKEN_AUTH')) {
    throw invalidParameter(
      'Refresh token rotation cannot be enabled together with ALLOW_REFRESH_TOKEN_AUTH.',
    );
  }
  return settings;
}

/**
 * Refuses features that the pool's plan or the embedded Cognito does not have,
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html
 */
export function checkTier({ ExplicitAuthFlows = [] }: ClientSettings, tier: string | undefined): void {
  if (!ExplicitAuthFlows.includes('ALLOW_USER_AUTH')) return;
  throw tier === 'LITE' ? notInTier('Choice-based sign-in', tier) : notEmbedded('ALLOW_USER_AUTH');
}

const SECONDS = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

/**
 * Returns the lifetimes of a client's tokens, seconds. Defaults: 1 hour, 1 hour, 30 days. If only a unit is given, the
 * defaults 1, 1 and 30 are in that unit. A refresh token's 0 stands for the default.
 */
export function tokenValidity(settings: ClientSettings): { access: number; id: number; refresh: number } {
  const units = settings.TokenValidityUnits;
  return {
    access: (settings.AccessTokenValidity ?? 1) * SECONDS[units?.AccessToken ?? 'hours'],
    id: (settings.IdTokenValidity ?? 1) * SECONDS[units?.IdToken ?? 'hours'],
    refresh: (settings.RefreshTokenValidity || 30) * SECONDS[units?.RefreshToken ?? 'days'],
  };
}

/** Returns the lifetime of a challenge, milliseconds. */
export const sessionLifetime = (settings: ClientSettings) => (settings.AuthSessionValidity ?? 3) * 60_000;

export const isRotating = (settings: ClientSettings) => settings.RefreshTokenRotation?.Feature === 'ENABLED';

/** Whether errors hide that a user does not exist. The API's default reveals it. */
export const hidesUsers = (settings: ClientSettings) => settings.PreventUserExistenceErrors === 'ENABLED';

export const canRevoke = (settings: ClientSettings) => settings.EnableTokenRevocation ?? true;

/** A sign-in flow. Operations and client settings have their own names for each. */
export type Flow = 'srp' | 'password' | 'admin-password' | 'refresh';

const CURRENT: Readonly<Record<Flow, string>> = {
  srp: 'ALLOW_USER_SRP_AUTH',
  password: 'ALLOW_USER_PASSWORD_AUTH',
  'admin-password': 'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  refresh: 'ALLOW_REFRESH_TOKEN_AUTH',
};

/** Names from before 2019. SRP and refresh have no entry: they are always allowed, unless CUSTOM_AUTH_FLOW_ONLY is set. */
const LEGACY: Readonly<Record<Flow, string>> = {
  srp: '',
  password: 'USER_PASSWORD_AUTH',
  'admin-password': 'ADMIN_NO_SRP_AUTH',
  refresh: '',
};

/** Whether a client can use a flow. A client without a list can use SRP and refresh. */
export function allowsFlow(settings: ClientSettings, flow: Flow): boolean {
  const flows: readonly string[] = settings.ExplicitAuthFlows ?? [];
  if (flows.length === 0) return flow === 'srp' || flow === 'refresh';
  if (flows.some((name) => name.startsWith('ALLOW_'))) return flows.includes(CURRENT[flow]);
  return LEGACY[flow] === ''
    ? !flows.includes('CUSTOM_AUTH_FLOW_ONLY') || flow === 'refresh'
    : flows.includes(LEGACY[flow]);
}
