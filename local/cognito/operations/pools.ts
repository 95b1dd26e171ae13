import { asJson } from '../../json.ts';
import { integer, required, text } from '../../shape.ts';
import { clientId, listing, pageToken } from '../fields.ts';
import { onPool, signed } from '../operation.ts';
import { checkClient, clientFields, clientRules } from '../resources/client-properties.ts';
import { poolArn } from '../resources/ids.ts';
import { passwordPolicyOf } from '../resources/pool-properties.ts';
import type { SchemaAttribute } from '../resources/standard-attributes.ts';
import { replaceSettings } from '../resources/user-pool-client.ts';
import type { ClientRecord } from '../store/model.ts';
import type { UserPool } from '../store/pool.ts';
import { epoch } from '../users.ts';

function describeAttribute({ name, type, mutable, required: needed, min, max }: SchemaAttribute): object {
  const [least, most] = [min?.toString(), max?.toString()];
  return {
    Name: name,
    AttributeDataType: type,
    DeveloperOnlyAttribute: false,
    Mutable: mutable,
    Required: needed,
    ...(type === 'String' && { StringAttributeConstraints: { MinLength: least, MaxLength: most } }),
    ...(type === 'Number' && { NumberAttributeConstraints: { MinValue: least, MaxValue: most } }),
  };
}

function describePool(pool: UserPool): object {
  const { record } = pool;
  const {
    UserPoolName: _name,
    Schema: _schema,
    EnabledMfas: _mfas,
    EmailAuthenticationMessage: _emailMessage,
    EmailAuthenticationSubject: _emailSubject,
    Policies: _policies,
    ...settings
  } = record.settings;
  return {
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: false, UnusedAccountValidityDays: 7 },
    DeletionProtection: 'INACTIVE',
    EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' },
    MfaConfiguration: 'OFF',
    UserPoolTier: 'ESSENTIALS',
    ...asJson(settings),
    Id: pool.id,
    Name: record.name,
    Arn: poolArn(pool.id),
    Policies: {
      PasswordPolicy: passwordPolicyOf(record.settings),
      SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] },
    },
    SchemaAttributes: pool.schema.map(describeAttribute),
    Domain: record.domain,
    EstimatedNumberOfUsers: pool.users().length,
    CreationDate: epoch(record.created),
    LastModifiedDate: epoch(record.modified),
  };
}

function describeClient(client: ClientRecord): object {
  const { GenerateSecret: _, ...settings } = client.settings;
  return {
    RefreshTokenValidity: 30,
    AuthSessionValidity: 3,
    EnableTokenRevocation: true,
    EnablePropagateAdditionalUserContextData: false,
    AllowedOAuthFlowsUserPoolClient: false,
    ...asJson(settings),
    ClientId: client.id,
    ClientName: client.name,
    ClientSecret: client.secret,
    CreationDate: epoch(client.created),
    LastModifiedDate: epoch(client.modified),
  };
}

const describePoolShortly = ({ id, record }: UserPool): object => ({
  Id: id,
  Name: record.name,
  LambdaConfig: {},
  LastModifiedDate: epoch(record.modified),
  CreationDate: epoch(record.created),
});

const { GenerateSecret: _fixed, ...changeable } = clientFields;

export const poolsAndClients = {
  DescribeUserPool: onPool({}, ({ pool }) => ({ UserPool: describePool(pool) })),
  DescribeUserPoolClient: onPool({ ClientId: required(clientId) }, ({ pools, pool }, { ClientId }) => ({
    UserPoolClient: describeClient(pools.client(ClientId, pool).client),
  })),
  ListUserPools: signed(
    {
      MaxResults: required(integer({ min: 1, max: 60 })),
      NextToken: text({ min: 1, pattern: /[\S]+/ }),
    },
    ({ pools }, input) =>
      listing('UserPools', pools.all(), {
        keyOf: ({ id }) => id,
        describe: describePoolShortly,
        limit: input.MaxResults,
        token: input.NextToken,
      }),
  ),
  ListUserPoolClients: onPool(
    { MaxResults: integer({ min: 1, max: 60 }), NextToken: pageToken },
    ({ pool }, input) =>
      listing('UserPoolClients', pool.clients.all(), {
        keyOf: ({ id }) => id,
        describe: ({ id, poolId: UserPoolId, name }) => ({ ClientId: id, UserPoolId, ClientName: name }),
        limit: input.MaxResults,
        token: input.NextToken,
      }),
  ),
  /** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPool.html */
  DeleteUserPool: onPool({}, ({ pools, pool }) => pools.remove(pool.id)),
  /**
   * Replaces a client's settings. Settings that the request does not name get their defaults,
   * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolClient.html
   */
  UpdateUserPoolClient: signed(
    { ...changeable, ClientId: required(clientId) },
    ({ pools, now }, { ClientId, ...given }) => {
      const owned = pools.client(ClientId, pools.get(given.UserPoolId));
      const settings = checkClient({ ...given, GenerateSecret: owned.client.settings.GenerateSecret });
      return { UserPoolClient: describeClient(replaceSettings(owned, settings, now())) };
    },
    clientRules,
  ),
};
