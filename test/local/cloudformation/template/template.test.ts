import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from '../../../../local/json.ts';
import { awsError } from '../../../support/aws-error.ts';
import { ref, setUp, template, thing } from '../fixture.ts';

const A = { A: thing() };

/** Returns a template of exactly this many bytes. */
function sized(bytes: number): string {
  const body = JSON.stringify(template({ A: thing({ Fill: '' }) }));
  return body.replace('""', `"${'x'.repeat(bytes - Buffer.byteLength(body))}"`);
}

test('accepts 51,200 bytes of template in a request at most', async (t) => {
  const { sdk, idle, statusOf } = await setUp(t);
  await sdk.createStack({ StackName: 'full', TemplateBody: sized(51_200) });
  await idle();
  assert.equal(await statusOf('full'), 'CREATE_COMPLETE');
  const TemplateBody = sized(51_201);
  const tooLong = awsError(
    'ValidationError',
    "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200",
  );
  await assert.rejects(sdk.createStack({ StackName: 'fuller', TemplateBody }), tooLong);
  await assert.rejects(sdk.validateTemplate({ TemplateBody }), tooLong);
  // Bytes, not characters.
  await sdk.validateTemplate({ TemplateBody: sized(51_199).replace('xx', 'éx') });
  await assert.rejects(sdk.validateTemplate({ TemplateBody: sized(51_199).replace('xx', 'éé') }), tooLong);
});

test('accepts at most 500 resources, 200 parameters, 200 outputs', async (t) => {
  const { sdk } = await setUp(t);
  const many = (count: number, value: Json): JsonObject =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`N${at}`, value]));
  const cases: [JsonObject, string][] = [
    [template(many(501, thing())), 'Number of resources, 501, is greater than maximum allowed, 500'],
    [
      template(A, { Parameters: many(201, { Type: 'String' }) }),
      'Number of parameters, 201, is greater than maximum allowed, 200',
    ],
    [
      template(A, { Outputs: many(201, { Value: 'x' }) }),
      'Number of outputs, 201, is greater than maximum allowed, 200',
    ],
  ];
  for (const [body, message] of cases) {
    await assert.rejects(
      sdk.validateTemplate({ TemplateBody: JSON.stringify(body) }),
      awsError('ValidationError', `Template format error: ${message}`),
    );
  }
});

test('refuses an invalid template, or an unsupported part of one, by name', async (t) => {
  const { sdk } = await setUp(t);
  let deep: Json = 1;
  for (let level = 0; level < 200; level += 1) deep = [deep];
  const cases: [string | JsonObject, RegExp][] = [
    ['Resources: {}', /At least one Resources member must be defined\.$/],
    ['{ Resources: {} }', /^Template format error: JSON not well-formed\.$/],
    ['Resources:\n  A: [\n', /^Template format error: YAML not well-formed\. \(line 3, column 1\)$/],
    ['Resources:\n  A: 1\n  A: 2', /YAML not well-formed\. \(line 3, column 3\)$/],
    ['Resources: &r {}\nOutputs: *r', /YAML aliases are not allowed in CloudFormation templates$/],
    ['words', /unsupported structure\.$/],
    ['[1]', /unsupported structure\.$/],
    [{}, /At least one Resources member must be defined\.$/],
    [
      template(A, { Transform: 'AWS::Serverless-2016-10-31' }),
      /\[Transform\] \(not supported by the embedded cloud\)$/,
    ],
    [template(A, { Resource: {} }), /^Invalid template property or properties \[Resource\]$/],
    [template(A, { AWSTemplateFormatVersion: '2011' }), /2011 is not a supported value/],
    [template(A, { Description: 'x'.repeat(1025) }), /'Description' length is greater than 1024\.$/],
    [template({ 'A-B': thing() }), /Resource name A-B is non alphanumeric\.$/],
    [template({ A: {} }), /Every Resources object must contain a Type member\.$/],
    [
      template({ A: { Type: 'AWS::No::Such' }, B: { Type: 'My::Own::Type' } }),
      /^Template format error: Unrecognized resource types: \[AWS::No::Such, My::Own::Type\]$/,
    ],
    [
      template({
        A: { Type: 'AWS::Cognito::UserPoolDomain' },
        B: { Type: 'AWS::Cognito::UserPoolIdentityProvider' },
      }),
      /^The embedded cloud does not support sign-in through other providers of a user pool \(AWS::Cognito::UserPoolDomain, AWS::Cognito::UserPoolIdentityProvider\)\.$/,
    ],
    [
      template({ A: thing({}, { UpdatePolicy: {} }) }),
      /\[UpdatePolicy\] \(not supported by the embedded cloud\)$/,
    ],
    [template({ A: thing({}, { Propertys: {} }) }), /^Invalid template resource property \[Propertys\]$/],
    [
      template({ A: thing({}, { DeletionPolicy: 'Snapshot' }) }),
      /does not support deletion policy Snapshot$/,
    ],
    [template({ A: thing({}, { DeletionPolicy: 'Keep' }) }), /unrecognized deletion policy "Keep"/],
    [
      template({ A: thing({}, { UpdateReplacePolicy: 'RetainExceptOnCreate' }) }),
      /does not support update replace policy/,
    ],
    [
      template({ A: thing({}, { DependsOn: 'B' }) }),
      /Unresolved resource dependencies \[B\] in the Resources block/,
    ],
    [
      template({ A: thing({}, { Condition: 'C' }) }),
      /Unresolved condition dependency C in the Resources block/,
    ],
    [
      template({ A: thing({ X: ref('B') }), B: thing({ X: ref('A') }) }),
      /^Circular dependency between resources: \[A, B\]$/,
    ],
    [template(A, { Outputs: { O: {} } }), /Every Outputs member must contain a Value object$/],
    [
      template(A, { Outputs: { O: { Value: ref('B') } } }),
      /dependencies \[B\] in the Outputs block of the template$/,
    ],
    [
      template(A, { Parameters: { P: { Type: 'AWS::EC2::VPC::Id' } } }),
      /Unrecognized parameter type: AWS::EC2::VPC::Id$/,
    ],
    [
      template(A, { Parameters: { P: { Type: 'String', Min: 1 } } }),
      /Invalid template parameter property 'Min'/,
    ],
    [template({ A: thing({ deep }) }), /nested deeper than 100 levels\.$/],
  ];
  for (const [body, message] of cases) {
    const TemplateBody = typeof body === 'string' ? body : JSON.stringify(body);
    await assert.rejects(
      sdk.createStack({ StackName: 'one', TemplateBody }),
      awsError('ValidationError', message),
      TemplateBody.slice(0, 200),
    );
  }
  assert.deepEqual((await sdk.listStacks({})).StackSummaries, []);
});

test('accepts names of Object.prototype as ordinary names', async (t) => {
  const { create, stackOf, statusOf } = await setUp(t);
  const body = template(
    { constructor: thing({ toString: 'x' }), valueOf: thing({ Of: ref('constructor') }) },
    { Outputs: { hasOwnProperty: { Value: ref('valueOf') } } },
  );
  await create('one', body);
  assert.equal(await statusOf('one'), 'CREATE_COMPLETE');
  assert.equal((await stackOf('one')).Outputs?.[0]?.OutputKey, 'hasOwnProperty');
});

test('requires a capability for IAM resources, a stronger one for named ones', async (t) => {
  const { sdk, create, statusOf } = await setUp(t);
  const role = (properties: JsonObject) =>
    template({ R: { Type: 'AWS::IAM::Role', Properties: properties } });
  const refusal = (capability: string) =>
    awsError('InsufficientCapabilitiesException', `Requires capabilities : [${capability}]`);
  const request = (body: JsonObject) => ({ StackName: 'one', TemplateBody: JSON.stringify(body) });
  await assert.rejects(sdk.createStack(request(role({}))), refusal('CAPABILITY_IAM'));
  await assert.rejects(
    sdk.createChangeSet({ ...request(role({})), ChangeSetName: 'c', ChangeSetType: 'CREATE' }),
    refusal('CAPABILITY_IAM'),
  );
  await assert.rejects(
    sdk.createStack({ ...request(role({ RoleName: 'r' })), Capabilities: ['CAPABILITY_IAM'] }),
    refusal('CAPABILITY_NAMED_IAM'),
  );
  await create('one', role({}), { Capabilities: ['CAPABILITY_IAM'] });
  await create('two', role({ RoleName: 'r' }), { Capabilities: ['CAPABILITY_NAMED_IAM'] });
  assert.deepEqual([await statusOf('one'), await statusOf('two')], ['CREATE_COMPLETE', 'CREATE_COMPLETE']);
  const validated = await sdk.validateTemplate({ TemplateBody: JSON.stringify(role({})) });
  assert.deepEqual(validated.Capabilities, ['CAPABILITY_IAM']);
  assert.equal(
    validated.CapabilitiesReason,
    'The following resource(s) require capabilities: [AWS::IAM::Role]',
  );
});

test('returns the template byte for byte from GetTemplate', async (t) => {
  const { sdk, idle } = await setUp(t);
  const TemplateBody = `{\r\n\t"Resources": {"A": {"Type": "Test::Thing", "Properties": {"Text": "<&>\\"'é😀"}}}}\r\n`;
  await sdk.createStack({ StackName: 'one', TemplateBody });
  await idle();
  assert.equal((await sdk.getTemplate({ StackName: 'one' })).TemplateBody, TemplateBody);
  const summary = await sdk.getTemplateSummary({ StackName: 'one' });
  assert.deepEqual(summary.ResourceTypes, ['Test::Thing']);
  await assert.rejects(
    sdk.getTemplateSummary({ StackName: 'one', TemplateBody }),
    awsError('ValidationError', /Only one of StackName, TemplateBody/),
  );
});
