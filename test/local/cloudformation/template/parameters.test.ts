import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../../local/json.ts';
import { awsError } from '../../../support/aws-error.ts';
import { ref, setUp, template, thing } from '../fixture.ts';

const withParameter = (definition: JsonObject) =>
  template({ A: thing({ Value: ref('P') }) }, { Parameters: { P: definition } });

test('accepts only allowed values of parameters', async (t) => {
  const { sdk } = await setUp(t);
  const cases: [definition: JsonObject, value: string | undefined, message: string][] = [
    [{ Type: 'String' }, undefined, 'Parameters: [P] must have values'],
    [{ Type: 'Number' }, 'seven', "Parameter 'P' must be a number"],
    [{ Type: 'Number', MinValue: 2 }, '1', "Parameter 'P' must be a number not less than 2"],
    [{ Type: 'Number', MaxValue: 2 }, '3', "Parameter 'P' must be a number not greater than 2"],
    [{ Type: 'List<Number>' }, '1,x', "Parameter 'P' must be a number"],
    [{ Type: 'String', AllowedValues: ['a', 'b'] }, 'c', "Parameter 'P' must be one of AllowedValues"],
    [
      { Type: 'CommaDelimitedList', AllowedValues: ['a'] },
      'a,b',
      "Parameter 'P' must be one of AllowedValues",
    ],
    [{ Type: 'String', MinLength: 2 }, 'a', "Parameter 'P' must contain at least 2 characters"],
    [{ Type: 'String', MaxLength: '2' }, 'abc', "Parameter 'P' must contain at most 2 characters"],
    [{ Type: 'String', AllowedPattern: '[a-z]+' }, 'a1', "Parameter 'P' must match pattern [a-z]+"],
    [
      { Type: 'String', AllowedPattern: '[a-z]+', ConstraintDescription: 'letters only' },
      'a1',
      "Parameter 'P' failed to satisfy constraint: letters only",
    ],
    [
      { Type: 'String', Default: 'x', MinLength: 2 },
      undefined,
      "Parameter 'P' must contain at least 2 characters",
    ],
  ];
  for (const [definition, ParameterValue, message] of cases) {
    await assert.rejects(
      sdk.createStack({
        StackName: 'one',
        TemplateBody: JSON.stringify(withParameter(definition)),
        ...(ParameterValue === undefined ? {} : { Parameters: [{ ParameterKey: 'P', ParameterValue }] }),
      }),
      awsError('ValidationError', message),
      message,
    );
  }
  await assert.rejects(
    sdk.createStack({
      StackName: 'one',
      TemplateBody: JSON.stringify(template({ A: thing() })),
      Parameters: [{ ParameterKey: 'Q', ParameterValue: 'x' }],
    }),
    awsError('ValidationError', 'Parameters: [Q] do not exist in the template'),
  );
});

test('treats an empty value as a value', async (t) => {
  const { create, cloud } = await setUp(t);
  await create('one', withParameter({ Type: 'String', Default: 'x' }), {
    Parameters: [{ ParameterKey: 'P', ParameterValue: '' }],
  });
  assert.deepEqual(cloud.named('A')[0]?.properties, { Value: '' });
});

test('uses defaults, given values or previous ones in an update, as requested', async (t) => {
  const { create, update, cloud, sdk } = await setUp(t);
  const body = withParameter({ Type: 'String', NoEcho: true });
  const P = (more: object) => ({ Parameters: [{ ParameterKey: 'P', ...more }] });
  await create('one', body, P({ ParameterValue: 'first' }));
  await assert.rejects(
    sdk.updateStack({ StackName: 'one', UsePreviousTemplate: true }),
    awsError('ValidationError', 'Parameters: [P] must have values'),
  );
  const changed = template(
    { A: thing({ Value: ref('P'), More: 1 }) },
    { Parameters: { P: { Type: 'String', NoEcho: true } } },
  );
  await update('one', changed, P({ UsePreviousValue: true }));
  assert.deepEqual(cloud.named('A')[0]?.properties, { Value: 'first', More: 1 });
  await update('one', changed, P({ ParameterValue: 'second' }));
  assert.deepEqual(cloud.named('A')[0]?.properties, { Value: 'second', More: 1 });
  const { Id } = await sdk.createChangeSet({
    StackName: 'one',
    ChangeSetName: 'c',
    UsePreviousTemplate: true,
    ...P({ ParameterValue: 'third' }),
  });
  const { Parameters } = await sdk.describeChangeSet({ ChangeSetName: Id });
  assert.deepEqual(Parameters, [{ ParameterKey: 'P', ParameterValue: '****' }]);
});
