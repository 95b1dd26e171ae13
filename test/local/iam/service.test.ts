import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { IAM } from '@aws-sdk/client-iam';
import { Identities } from '../../../local/auth/identities.ts';
import { createIam } from '../../../local/iam/service.ts';
import type { Json, JsonObject } from '../../../local/json.ts';
import type { ResourceHandler } from '../../../local/resource.ts';
import { clientOptions, serve } from '../../support/serve.ts';

const COMMON = { identities: new Identities({ wellKnownKeys: true }), now: () => new Date() };
const SUFFIX = '0123456789abcdefghij';

const trusting = (service: Json, more: JsonObject = {}): JsonObject => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole', ...more }],
});
const EDGE = trusting(['lambda.amazonaws.com', 'edgelambda.amazonaws.com']);
const ALLOW = { Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' } };

async function openRoom(t: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), 'iam-'));
  t.after(() => rm(dataDir, { recursive: true }));
  const iam = createIam({ ...COMMON, dataDir });
  const handler = (type: string): ResourceHandler => {
    const found = iam.resources.find((resource) => resource.type === type);
    if (found === undefined) throw new Error(`no handler for ${type}`);
    return found;
  };
  return {
    ...iam,
    dataDir,
    roles: handler('AWS::IAM::Role'),
    policies: handler('AWS::IAM::Policy'),
    create: (properties: JsonObject, logicalId = 'Role') =>
      handler('AWS::IAM::Role').create({ stackName: 'stack', logicalId, suffix: SUFFIX, properties }),
  };
}

test('finds a role by its ARN, keeps it over a restart, and deletes it', async (t) => {
  const room = await openRoom(t);
  const properties = {
    AssumeRolePolicyDocument: EDGE,
    ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
    Policies: [{ PolicyName: 'p', PolicyDocument: ALLOW }],
    Description: 'mine',
    MaxSessionDuration: 3600,
    Path: '/edge/',
    Tags: [{ Key: 'a', Value: 'b' }],
  };
  const role = await room.create(properties);
  const Arn = 'arn:aws:iam::000000000000:role/edge/stack-Role-0123456789ab';
  assert.deepEqual(role, {
    physicalId: 'stack-Role-0123456789ab',
    attributes: { Arn, RoleId: 'AROA0123456789ABCDEFG' },
  });
  assert.deepEqual(await room.create(properties), role);
  const again = createIam({ ...COMMON, dataDir: room.dataDir });
  assert.deepEqual(again.trustedServices(Arn), ['lambda.amazonaws.com', 'edgelambda.amazonaws.com']);
  await room.roles.delete(role.physicalId, properties);
  await room.roles.delete(role.physicalId, properties);
  assert.equal(room.trustedServices(Arn), undefined);
  assert.equal(createIam({ ...COMMON, dataDir: room.dataDir }).trustedServices(Arn), undefined);
});

test('changes whom the role trusts at an update', async (t) => {
  const room = await openRoom(t);
  const previous = { AssumeRolePolicyDocument: EDGE, RoleName: 'named' };
  const { attributes } = await room.create(previous);
  const properties = { ...previous, AssumeRolePolicyDocument: trusting('ec2.amazonaws.com') };
  assert.deepEqual(
    (await room.roles.update({ physicalId: 'named', properties, previous })).attributes,
    attributes,
  );
  assert.deepEqual(room.trustedServices(attributes.Arn ?? ''), ['ec2.amazonaws.com']);
  await assert.rejects(room.create(previous, 'Other'), {
    code: 'EntityAlreadyExists',
    message: 'Role with name named already exists.',
  });
});

test('distrusts a service under conditions and denials', async (t) => {
  const room = await openRoom(t);
  const allow = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const documents: JsonObject[] = [
    trusting('lambda.amazonaws.com', { Condition: { StringEquals: { 'aws:SourceAccount': '1' } } }),
    trusting('lambda.amazonaws.com', { Action: 'sts:TagSession' }),
    { Statement: [allow, { ...allow, Effect: 'Deny' }] },
    { Statement: [allow, { ...allow, Effect: 'Deny', Principal: '*' }] },
    { Statement: { ...allow, Principal: { AWS: '*' } } },
  ];
  for (const [index, AssumeRolePolicyDocument] of documents.entries()) {
    const { attributes } = await room.create({ AssumeRolePolicyDocument }, `Role${index}`);
    assert.deepEqual(
      room.trustedServices(attributes.Arn ?? ''),
      [],
      JSON.stringify(AssumeRolePolicyDocument),
    );
  }
});

const statement = (more: JsonObject): JsonObject => trusting('lambda.amazonaws.com', more);
const REFUSALS: Record<string, { properties: JsonObject; code: string; message: RegExp }> = {
  'no trust policy': {
    properties: { AssumeRolePolicyDocument: null },
    code: 'InvalidRequest',
    message: /AssumeRolePolicyDocument/,
  },
  'a trust policy as text': {
    properties: { AssumeRolePolicyDocument: '{}' },
    code: 'InvalidRequest',
    message: /expected type: JSONObject/,
  },
  'no statement': {
    properties: { AssumeRolePolicyDocument: { Version: '2012-10-17' } },
    code: 'MalformedPolicyDocument',
    message: /Missing required field Statement/,
  },
  'another version': {
    properties: { AssumeRolePolicyDocument: { ...EDGE, Version: '2020-01-01' } },
    code: 'MalformedPolicyDocument',
    message: /version/,
  },
  'an unknown field': {
    properties: { AssumeRolePolicyDocument: { ...EDGE, Colour: 'blue' } },
    code: 'MalformedPolicyDocument',
    message: /Unknown field Colour/,
  },
  'a resource': {
    properties: { AssumeRolePolicyDocument: statement({ Resource: '*' }) },
    code: 'MalformedPolicyDocument',
    message: /Has prohibited field Resource/,
  },
  'another effect': {
    properties: { AssumeRolePolicyDocument: statement({ Effect: 'allow' }) },
    code: 'MalformedPolicyDocument',
    message: /Invalid effect/,
  },
  'another action': {
    properties: { AssumeRolePolicyDocument: statement({ Action: 's3:GetObject' }) },
    code: 'MalformedPolicyDocument',
    message: /may only specify STS AssumeRole actions/,
  },
  'a service that is none': {
    properties: { AssumeRolePolicyDocument: trusting('lambda') },
    code: 'MalformedPolicyDocument',
    message: /Invalid principal in policy: "SERVICE":"lambda"/,
  },
  'a long trust policy': {
    properties: { AssumeRolePolicyDocument: trusting(Array(100).fill('lambda.amazonaws.com')) },
    code: 'MalformedPolicyDocument',
    message: /ACLSizePerRole: 2048/,
  },
  'a managed policy that is not there': {
    properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/Nonsense'] },
    code: 'NoSuchEntity',
    message: /Nonsense does not exist/,
  },
  'an inline policy with a principal': {
    properties: {
      Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: { ...ALLOW.Statement, Principal: '*' } } }],
    },
    code: 'MalformedPolicyDocument',
    message: /prohibited field Principal/,
  },
  'an action without a service': {
    properties: {
      Policies: [
        { PolicyName: 'p', PolicyDocument: { Statement: { ...ALLOW.Statement, Action: 'GetObject' } } },
      ],
    },
    code: 'MalformedPolicyDocument',
    message: /prefaced by a vendor/,
  },
  'a resource that is no ARN': {
    properties: {
      Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: { ...ALLOW.Statement, Resource: 'b' } } }],
    },
    code: 'MalformedPolicyDocument',
    message: /must be in ARN format/,
  },
  'a statement without actions': {
    properties: {
      Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: { ...ALLOW.Statement, Action: [] } } }],
    },
    code: 'MalformedPolicyDocument',
    message: /must contain actions/,
  },
  'an invalid policy before one with the same name': {
    properties: {
      Policies: [
        { PolicyName: 'p', PolicyDocument: { Statement: { ...ALLOW.Statement, Resource: [] } } },
        { PolicyName: 'p', PolicyDocument: ALLOW },
      ],
    },
    code: 'MalformedPolicyDocument',
    message: /must contain resources/,
  },
  'a principal without names': {
    properties: {
      AssumeRolePolicyDocument: statement({ Principal: { AWS: [], Service: 'lambda.amazonaws.com' } }),
    },
    code: 'MalformedPolicyDocument',
    message: /Invalid principal in policy/,
  },
  'too short a session': {
    properties: { MaxSessionDuration: 60 },
    code: 'InvalidRequest',
    message: /60 is not greater or equal to 3600/,
  },
  'an unknown property': {
    properties: { Colour: 'blue' },
    code: 'InvalidRequest',
    message: /extraneous key \[Colour\]/,
  },
};

test('refuses a role that IAM refuses', async (t) => {
  const room = await openRoom(t);
  for (const [name, { properties, code, message }] of Object.entries(REFUSALS)) {
    await t.test(name, async () => {
      await assert.rejects(room.create({ AssumeRolePolicyDocument: EDGE, ...properties }), { code, message });
    });
  }
});

test('attaches a policy to roles, and keeps them until it is deleted', async (t) => {
  const room = await openRoom(t);
  await room.create({ AssumeRolePolicyDocument: EDGE, RoleName: 'one' });
  await room.create({ AssumeRolePolicyDocument: EDGE, RoleName: 'two' }, 'Two');
  const properties = { PolicyName: 'p', PolicyDocument: ALLOW, Roles: ['one'] };
  const request = { stackName: 'stack', logicalId: 'Policy', suffix: SUFFIX };
  const { physicalId } = await room.policies.create({ ...request, properties });
  await assert.rejects(room.roles.delete('one', {}), { code: 'DeleteConflict' });
  const moved = { ...properties, Roles: ['two'] };
  await room.policies.update({ physicalId, properties: moved, previous: properties });
  await room.roles.delete('one', {});
  await assert.rejects(room.roles.delete('two', {}), { code: 'DeleteConflict' });
  await room.policies.delete(physicalId, moved);
  await room.roles.delete('two', {});
  await assert.rejects(room.policies.create({ ...request, properties }), { code: 'NoSuchEntity' });
  await assert.rejects(room.policies.create({ ...request, properties: { ...properties, Users: ['u'] } }), {
    message: /does not support the property #\/Users/,
  });
});

test('does not keep a role that it could not store', async (t) => {
  const room = await openRoom(t);
  const properties = { AssumeRolePolicyDocument: EDGE, RoleName: 'fixed' };
  const file = join(room.dataDir, 'roles.json');
  await mkdir(file);
  await assert.rejects(room.create(properties), /roles\.json is a folder/);
  assert.deepEqual(room.trustedServices('arn:aws:iam::000000000000:role/fixed'), undefined);
  await rmdir(file);
  await room.create(properties, 'Other');
  await rm(file);
  await mkdir(file);
  await assert.rejects(room.roles.delete('fixed', properties), /roles\.json is a folder/);
  assert.ok(room.trustedServices('arn:aws:iam::000000000000:role/fixed'));
});

test('treats names of inherited members as ordinary names of policies', async (t) => {
  const room = await openRoom(t);
  const { physicalId: role } = await room.create({ AssumeRolePolicyDocument: EDGE });
  const properties = { PolicyName: 'constructor', PolicyDocument: ALLOW, Roles: [role] };
  await room.policies.create({ stackName: 'stack', logicalId: 'Policy', suffix: SUFFIX, properties });
  assert.deepEqual(room.policiesOf(role), [ALLOW]);
});

test('checks the members of requests before the role', async (t) => {
  const room = await openRoom(t);
  const iam = new IAM(clientOptions(await serve(t, room.handle)));
  t.after(() => iam.destroy());
  const [RoleName, PolicyName, AssumeRolePolicyDocument] = ['none', 'p', JSON.stringify(EDGE)];
  const long = 'x'.repeat(131_073);
  for (const [call, member] of [
    [iam.getRole({ RoleName: 'x'.repeat(65) }), 'roleName'],
    [iam.listRoles({ PathPrefix: 'edge' }), 'pathPrefix'],
    [iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument: long }), 'policyDocument'],
    [iam.createRole({ RoleName, AssumeRolePolicyDocument: long }), 'assumeRolePolicyDocument'],
    [iam.createRole({ RoleName, AssumeRolePolicyDocument, Description: '\u20ac' }), 'description'],
    [
      iam.createRole({ RoleName, AssumeRolePolicyDocument, Tags: [{ Key: '', Value: '' }] }),
      'tags.1.member.key',
    ],
    [iam.simulatePrincipalPolicy({ PolicySourceArn: 'short', ActionNames: ['s3:a'] }), 'policySourceArn'],
    [iam.simulatePrincipalPolicy({ PolicySourceArn: 'x'.repeat(20), ActionNames: undefined }), 'actionNames'],
  ] as const) {
    const message = new RegExp(`^1 validation error detected: Value [\\s\\S]* at '${member}' failed`);
    await assert.rejects(call, { name: 'ValidationError', message }, member);
  }
});
