import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JsonObject } from '../../../../local/json.ts';
import { createLambda } from '../../../../local/lambda/service.ts';
import { create, functionProperties, handlerOf, openRoom, ROLE, returned } from '../support.ts';

const CODE = `exports.handler = async () => 'well';`;
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:named';
const NAMED = { ...functionProperties(CODE), FunctionName: 'named' };

test('names a function without a name in CloudFormation’s format', async (t) => {
  const { resources } = await openRoom(t);
  const made = await create(resources, 'AWS::Lambda::Function', 'EdgeFunction', functionProperties(CODE));
  assert.equal(made.physicalId, 'stack-EdgeFunction-0123456789ab');
  assert.equal(made.attributes.Arn, `arn:aws:lambda:us-east-1:000000000000:function:${made.physicalId}`);
  const long = await handlerOf(resources, 'AWS::Lambda::Function').create({
    stackName: 'a-stack-with-a-name-that-goes-on-and-on',
    logicalId: 'AFunctionWithALogicalIdThatGoesOnAndOn',
    suffix: 'zyxwvutsrqponmlkjihg',
    properties: functionProperties(CODE),
  });
  assert.equal(long.physicalId.length, 64);
  assert.match(
    long.physicalId,
    /^a-stack-with-a-name-that-[a-z-]*-AFunctionWithALogicalId[A-Za-z]*-zyxwvutsrqpo$/,
  );
});

const REFUSALS: Record<string, { properties: JsonObject; message: RegExp }> = {
  'an unknown property': {
    properties: { Colour: 'blue' },
    message: /extraneous key \[Colour\] is not permitted/,
  },
  'a property not done': {
    properties: { VpcConfig: {} },
    message: /does not support the property #\/VpcConfig/,
  },
  'a nested unknown property': {
    properties: { LoggingConfig: { Colour: 'x' } },
    message: /#\/LoggingConfig: extraneous key \[Colour\]/,
  },
  'code from S3': {
    properties: { Code: { S3Bucket: 'b', S3Key: 'k' } },
    message: /does not support the property #\/Code\/S3Bucket/,
  },
  'an image': { properties: { Code: { ImageUri: 'x' }, PackageType: 'Image' }, message: /ImageUri/ },
  'no code': { properties: { Code: {} }, message: /required key \[ZipFile\] not found/ },
  'empty code': { properties: { Code: { ZipFile: '' } }, message: /non-empty zip/ },
  'code over 4 MB': { properties: { Code: { ZipFile: 'x'.repeat(4 * 1024 * 1024 + 1) } }, message: /4 MB/ },
  'another runtime': {
    properties: { Runtime: 'python3.13' },
    message: /"python3.13" is not a valid enum value/,
  },
  'a retired runtime': { properties: { Runtime: 'nodejs18.x' }, message: /nodejs18.x/ },
  'a role that is a name': { properties: { Role: 'edge' }, message: /#\/Role: failed validation constraint/ },
  'a role that is not there': {
    properties: { Role: 'arn:aws:iam::000000000000:role/other' },
    message: /The role defined for the function cannot be found/,
  },
  'a role that trusts others': {
    properties: { Role: 'arn:aws:iam::000000000000:role/foreign' },
    message: /The role defined for the function cannot be assumed by Lambda/,
  },
  'too little memory': { properties: { MemorySize: 127 }, message: /127 is not greater or equal to 128/ },
  'too much memory': { properties: { MemorySize: 10_241 }, message: /10241 is not less or equal to 10240/ },
  'half a megabyte': { properties: { MemorySize: 128.5 }, message: /#\/MemorySize: expected type: Integer/ },
  'no time': { properties: { Timeout: 0 }, message: /0 is not greater or equal to 1/ },
  'too much time': { properties: { Timeout: 901 }, message: /901 is not less or equal to 900/ },
  'two architectures': { properties: { Architectures: ['x86_64', 'arm64'] }, message: /Architectures/ },
  'a name with blanks': { properties: { FunctionName: 'a b' }, message: /#\/FunctionName/ },
  'a reserved variable': {
    properties: { Environment: { Variables: { AWS_REGION: 'x' } } },
    message: /reserved keys.*AWS_REGION/,
  },
  'variables over 4 KB': {
    properties: { Environment: { Variables: { LONG: 'x'.repeat(4096) } } },
    message: /4KB limit/,
  },
  'active tracing': {
    properties: { TracingConfig: { Mode: 'Active' } },
    message: /TracingConfig\/Mode with the value Active/,
  },
};

test('refuses unsupported functions, and leaves nothing', async (t) => {
  const trusts: Record<string, string[]> = {
    [ROLE]: ['lambda.amazonaws.com'],
    [ROLE.replace('edge', 'foreign')]: ['ec2.amazonaws.com'],
  };
  const room = await openRoom(t, { roleTrusts: (arn) => trusts[arn] });
  for (const [name, { properties, message }] of Object.entries(REFUSALS)) {
    await t.test(name, async () => {
      const whole = { ...functionProperties(CODE), ...properties };
      await assert.rejects(create(room.resources, 'AWS::Lambda::Function', 'F', whole), {
        name: 'AwsError',
        message,
      });
    });
  }
  assert.deepEqual(readdirSync(join(room.dataDir, 'functions')), []);
});

test('accepts numbers as strings', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(CODE, { MemorySize: '256', Timeout: '5', Description: 'mine' });
  assert.equal(room.describeVersion(arn)?.memorySize, 256);
  assert.equal(room.describeVersion(arn)?.timeout, 5);
});

test('finds its function when a create is repeated; refuses a different one', async (t) => {
  const { resources } = await openRoom(t);
  const first = await create(resources, 'AWS::Lambda::Function', 'F', NAMED);
  assert.deepEqual(await create(resources, 'AWS::Lambda::Function', 'F', NAMED), first);
  await assert.rejects(create(resources, 'AWS::Lambda::Function', 'G', NAMED), {
    code: 'ResourceConflictException',
    message: 'Function already exist: named',
  });
  const version = await create(resources, 'AWS::Lambda::Version', 'V', { FunctionName: 'named' });
  assert.deepEqual(version, {
    physicalId: `${ARN}:1`,
    attributes: { Version: '1', FunctionArn: `${ARN}:1` },
  });
  assert.deepEqual(await create(resources, 'AWS::Lambda::Version', 'V', { FunctionName: ARN }), version);
});

test('refuses to publish an unchanged function; never reuses version numbers', async (t) => {
  const { resources } = await openRoom(t);
  const functions = handlerOf(resources, 'AWS::Lambda::Function');
  const versions = handlerOf(resources, 'AWS::Lambda::Version');
  await create(resources, 'AWS::Lambda::Function', 'F', NAMED);
  const publish = (logicalId: string, more: JsonObject = {}) =>
    create(resources, 'AWS::Lambda::Version', logicalId, { FunctionName: 'named', ...more });
  await publish('V1');
  await assert.rejects(publish('V2', { Description: 'other words' }), {
    code: 'AlreadyExists',
    message: 'A version for this Lambda function exists ( 1 ). Modify the function to create a new version.',
  });
  await functions.update({ physicalId: 'named', properties: { ...NAMED, Timeout: 4 }, previous: NAMED });
  await assert.rejects(publish('V2', { CodeSha256: 'AAAA' }), {
    message: /^CodeSHA256 \(AAAA\) is different from current/,
  });
  assert.equal((await publish('V2')).physicalId, `${ARN}:2`);
  await versions.delete(`${ARN}:2`, {});
  await functions.update({ physicalId: 'named', properties: { ...NAMED, Timeout: 5 }, previous: NAMED });
  assert.equal((await publish('V3')).physicalId, `${ARN}:3`);
  await assert.rejects(publish('V4', { FunctionName: 'other' }), { code: 'ResourceNotFoundException' });
  await assert.rejects(publish('V4', { Colour: 'blue' }), { message: /extraneous key \[Colour\]/ });
});

test('succeeds in deleting a missing function; keeps a replicated one', async (t) => {
  const replicated = new Set([`${ARN}:1`]);
  const { resources } = await openRoom(t, { isReplicated: (arn) => replicated.has(arn) });
  const functions = handlerOf(resources, 'AWS::Lambda::Function');
  const versions = handlerOf(resources, 'AWS::Lambda::Version');
  await versions.delete(`${ARN}:1`, {});
  await functions.delete('named', {});
  await create(resources, 'AWS::Lambda::Function', 'F', NAMED);
  await create(resources, 'AWS::Lambda::Version', 'V', { FunctionName: 'named' });
  await assert.rejects(versions.delete(`${ARN}:1`, {}), {
    code: 'InvalidParameterValueException',
    message: /replicated function/,
  });
  await assert.rejects(functions.delete('named', {}), {
    code: 'InvalidParameterValueException',
    message: /replicated function/,
  });
  replicated.clear();
  await functions.delete('named', {});
  await functions.delete('named', {});
});

test('keeps functions, versions and their code over a restart', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(CODE, { FunctionName: 'named' });
  const described = room.describeVersion(arn);
  const again = createLambda(room.options);
  t.after(() => again.close());
  assert.deepEqual(again.describeVersion(arn), described);
  assert.deepEqual(await again.invoke(arn, {}), { outcome: 'returned', value: 'well' });
});

test('keeps code as long as $LATEST or a version has it', async (t) => {
  const { resources, dataDir } = await openRoom(t);
  const kept = () => readdirSync(join(dataDir, 'functions', 'named')).filter((file) => file.endsWith('.js'));
  const functions = handlerOf(resources, 'AWS::Lambda::Function');
  const update = (code: string) =>
    functions.update({
      physicalId: 'named',
      properties: { ...NAMED, ...functionProperties(code) },
      previous: NAMED,
    });
  await create(resources, 'AWS::Lambda::Function', 'F', NAMED);
  const [first] = kept();
  await create(resources, 'AWS::Lambda::Version', 'V', { FunctionName: 'named' });
  await update('// second');
  await update('// third');
  assert.equal(kept().length, 2);
  await handlerOf(resources, 'AWS::Lambda::Version').delete(`${ARN}:1`, {});
  assert.equal(kept().length, 1);
  assert.ok(first !== undefined && !kept().includes(first));
});

test('describes a version to the service that decides where it runs', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(CODE, {
    FunctionName: 'named',
    Environment: { Variables: { COLOUR: 'blue' } },
    Architectures: ['arm64'],
    EphemeralStorage: { Size: 1024 },
    Timeout: 30,
  });
  assert.deepEqual(room.describeVersion(arn), {
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    roleArn: ROLE,
    description: '',
    memorySize: 128,
    timeout: 30,
    architecture: 'arm64',
    ephemeralStorage: 1024,
    environment: { COLOUR: 'blue' },
    logFormat: 'Text',
    logGroup: '/aws/lambda/named',
    codeSize: CODE.length,
  });
  assert.equal(room.describeVersion(`${ARN}:9`), undefined);
  assert.equal(room.describeVersion(ARN), undefined);
  assert.equal(await returned(room, arn), 'well');
});
