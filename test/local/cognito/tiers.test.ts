import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../local/json.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { CLIENT, POOL, request, resource, setUp } from './harness.ts';

const EMAIL_MFA = {
  MfaConfiguration: 'OPTIONAL',
  EnabledMfas: ['EMAIL_OTP'],
  EmailConfiguration: {
    EmailSendingAccount: 'DEVELOPER',
    SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/a@b.example',
  },
};
const HISTORY = { Policies: { PasswordPolicy: { PasswordHistorySize: 3 } } };
const PASSKEYS = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } } };
const PASSWORD_ONLY = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] } } };
const threats = (AdvancedSecurityMode: string) => ({ UserPoolAddOns: { AdvancedSecurityMode } });

const NO_TIER = 'FeatureUnavailableInTierException';
const NOT_DONE = 'InvalidParameterException';

test('refuses by name what a plan does not include', async (t) => {
  const { cognito } = await setUp(t);
  const create = (properties: JsonObject) =>
    resource(cognito(), 'AWS::Cognito::UserPool').create(request('Tiered', { ...POOL, ...properties }));
  const rows: readonly (readonly [tier: string | undefined, properties: JsonObject, refusal?: string])[] = [
    ['LITE', {}],
    ['LITE', PASSWORD_ONLY],
    ['LITE', threats('OFF')],
    ['LITE', { Policies: { PasswordPolicy: { PasswordHistorySize: 0 } } }],
    ['LITE', EMAIL_MFA, NO_TIER],
    ['LITE', HISTORY, NO_TIER],
    ['LITE', PASSKEYS, NO_TIER],
    ['LITE', threats('ENFORCED'), NO_TIER],
    ['ESSENTIALS', EMAIL_MFA],
    [undefined, EMAIL_MFA],
    ['ESSENTIALS', HISTORY, NOT_DONE],
    ['ESSENTIALS', PASSKEYS, NOT_DONE],
    ['ESSENTIALS', threats('AUDIT'), NO_TIER],
    [undefined, threats('AUDIT'), NO_TIER],
    ['PLUS', threats('AUDIT'), NOT_DONE],
    ['PLUS', {}],
    ['GOLD', {}, 'InvalidRequest'],
  ];
  for (const [tier, properties, code] of rows) {
    const creation = create({ ...properties, ...omitUndefined({ UserPoolTier: tier }) });
    const row = `${tier}: ${JSON.stringify(properties)}`;
    if (code === undefined) await assert.doesNotReject(creation, row);
    else await assert.rejects(creation, { code }, row);
  }
});

test('refuses choice-based sign-in by the plan, or as not supported', async (t) => {
  for (const [UserPoolTier, code] of [
    ['LITE', NO_TIER],
    ['ESSENTIALS', NOT_DONE],
  ] as const) {
    const setup = await setUp(t, { pool: { UserPoolTier } });
    const properties = { ...CLIENT, UserPoolId: setup.UserPoolId, ExplicitAuthFlows: ['ALLOW_USER_AUTH'] };
    const clients = resource(setup.cognito(), 'AWS::Cognito::UserPoolClient');
    await assert.rejects(clients.create(request('Choice', properties)), { code });
  }
});

test('rotates refresh tokens on every plan', async (t) => {
  for (const UserPoolTier of ['LITE', 'ESSENTIALS', 'PLUS']) {
    const { sdk, UserPoolId, ClientId } = await setUp(t, {
      pool: { UserPoolTier },
      client: {
        ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
        RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 60 },
      },
    });
    const { UserPoolClient } = await sdk.describeUserPoolClient({ UserPoolId, ClientId });
    assert.equal(UserPoolClient?.RefreshTokenRotation?.RetryGracePeriodSeconds, 60);
    assert.equal((await sdk.describeUserPool({ UserPoolId })).UserPool?.UserPoolTier, UserPoolTier);
  }
});
