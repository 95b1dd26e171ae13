import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../local/json.ts';
import { att, ref, type Setup, setUp, template, thing } from './fixture.ts';

/** Returns the changes of a new change set for the stack `one`: each as `Action LogicalId Replacement`, and as described. */
async function changesOf({ sdk }: Setup, body: JsonObject, more: object = {}) {
  const { Id } = await sdk.createChangeSet({
    StackName: 'one',
    ChangeSetName: 'c',
    TemplateBody: JSON.stringify(body),
    ...more,
  });
  const { Changes = [] } = await sdk.describeChangeSet({ ChangeSetName: Id });
  await sdk.deleteChangeSet({ ChangeSetName: Id });
  const changes = Changes.map(({ ResourceChange }) => ResourceChange);
  return {
    changes,
    short: changes.map((change) =>
      [change?.Action, change?.LogicalResourceId, change?.Replacement].filter(Boolean).join(' '),
    ),
  };
}

test('lists changes with their replacement and its cause', async (t) => {
  const setup = await setUp(t);
  await setup.create(
    'one',
    template(
      {
        A: thing({ Name: 'x', Colour: ref('Colour') }),
        InName: thing({ Name: ref('A') }),
        InPlace: thing({ Of: att('A', 'Arn') }),
        Old: thing({}, { DeletionPolicy: 'Retain' }),
        Older: thing(),
      },
      { Parameters: { Colour: { Type: 'String', Default: 'red' } } },
    ),
  );
  const next = template(
    {
      A: thing({ Name: 'y', Colour: ref('Colour') }, { UpdateReplacePolicy: 'Retain' }),
      InName: thing({ Name: ref('A') }),
      InPlace: thing({ Of: att('A', 'Arn') }),
      New: thing(),
    },
    { Parameters: { Colour: { Type: 'String', Default: 'red' } } },
  );
  const { changes, short } = await changesOf(setup, next, {
    Parameters: [{ ParameterKey: 'Colour', ParameterValue: 'blue' }],
  });
  assert.deepEqual(short.sort(), [
    'Add New',
    'Modify A True',
    'Modify InName Conditional',
    'Modify InPlace False',
    'Remove Old',
    'Remove Older',
  ]);
  const told = (id: string) => changes.find((change) => change?.LogicalResourceId === id);
  assert.equal(told('A')?.PolicyAction, 'ReplaceAndRetain');
  assert.equal(told('Old')?.PolicyAction, 'Retain');
  assert.equal(told('Older')?.PolicyAction, 'Delete');
  assert.equal(told('A')?.PhysicalResourceId, setup.cloud.named('A')[0]?.physicalId);
  assert.deepEqual(told('A')?.Scope, ['Properties']);
  assert.deepEqual(told('A')?.Details, [
    {
      Target: { Attribute: 'Properties', Name: 'Colour', RequiresRecreation: 'Never' },
      Evaluation: 'Static',
      ChangeSource: 'ParameterReference',
      CausingEntity: 'Colour',
    },
    {
      Target: { Attribute: 'Properties', Name: 'Name', RequiresRecreation: 'Always' },
      Evaluation: 'Static',
      ChangeSource: 'DirectModification',
    },
  ]);
  assert.deepEqual(told('InName')?.Details?.[0], {
    Target: { Attribute: 'Properties', Name: 'Name', RequiresRecreation: 'Always' },
    Evaluation: 'Dynamic',
    ChangeSource: 'ResourceReference',
    CausingEntity: 'A',
  });
  assert.deepEqual(told('InPlace')?.Details?.[0], {
    Target: { Attribute: 'Properties', Name: 'Of', RequiresRecreation: 'Never' },
    Evaluation: 'Dynamic',
    ChangeSource: 'ResourceAttribute',
    CausingEntity: 'A.Arn',
  });
  assert.deepEqual(setup.cloud.named('A')[0]?.properties, { Name: 'x', Colour: 'red' });
});

test('shows values before and after with IncludePropertyValues, except under NoEcho', async (t) => {
  const { sdk, create } = await setUp(t);
  const body = (name: string) => template({ A: thing({ Name: name, Same: 1 }), B: thing({ Of: ref('A') }) });
  await create('one', body('x'));
  const told = async (given: JsonObject) => {
    const { Id } = await sdk.createChangeSet({
      StackName: 'one',
      ChangeSetName: 'c',
      TemplateBody: JSON.stringify(given),
    });
    const { Changes = [] } = await sdk.describeChangeSet({ ChangeSetName: Id, IncludePropertyValues: true });
    await sdk.deleteChangeSet({ ChangeSetName: Id });
    return Changes.map(({ ResourceChange }) => ResourceChange);
  };
  const [a, b] = await told(body('y'));
  assert.deepEqual(JSON.parse(a?.BeforeContext ?? ''), { Properties: { Name: 'x', Same: 1 } });
  assert.deepEqual(JSON.parse(a?.AfterContext ?? ''), { Properties: { Name: 'y', Same: 1 } });
  assert.deepEqual(a?.Details?.[0]?.Target, {
    Attribute: 'Properties',
    Name: 'Name',
    RequiresRecreation: 'Always',
    Path: '/Properties/Name',
    BeforeValue: 'x',
    AfterValue: 'y',
    AttributeChangeType: 'Modify',
  });
  assert.equal(b?.Details?.[0]?.Target?.AfterValue, '{{changeSet:KNOWN_AFTER_APPLY}}');
  const secret = template(
    { A: thing({ Name: ref('Secret') }) },
    { Parameters: { Secret: { Type: 'String', NoEcho: true, Default: 'hidden' } } },
  );
  assert.ok(!JSON.stringify(await told(secret)).includes('hidden'));
});

test('refuses unsupported deployment modes by name, and accepts the standard one', async (t) => {
  const { sdk } = await setUp(t);
  const request = { StackName: 'one', TemplateBody: JSON.stringify(template({ A: thing() })) };
  const refused = (what: string) => ({ message: `The embedded cloud does not support ${what}.` });
  await assert.rejects(
    sdk.createStack({ ...request, DeploymentConfig: { Mode: 'EXPRESS' } }),
    refused('DeploymentConfig.Mode EXPRESS'),
  );
  const changeSet = { ...request, ChangeSetName: 'c', ChangeSetType: 'CREATE' } as const;
  await sdk.createChangeSet({
    ...changeSet,
    ImportExistingResources: false,
    IncludeNestedStacks: true,
    DeploymentConfig: { Mode: 'STANDARD' },
  });
});
