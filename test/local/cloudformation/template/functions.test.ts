import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from '../../../../local/json.ts';
import { awsError } from '../../../support/aws-error.ts';
import { att, ref, setUp, template, thing } from '../fixture.ts';

const MORE: JsonObject = {
  Parameters: {
    Word: { Type: 'String', Default: 'word' },
    Number: { Type: 'Number', Default: 7 },
    List: { Type: 'CommaDelimitedList', Default: 'a, b,c' },
    Numbers: { Type: 'List<Number>', Default: '1,2' },
  },
  Mappings: { Sizes: { word: { count: 3, names: ['x', 'y'] } } },
  Conditions: {
    Yes: { 'Fn::Equals': [ref('Word'), 'word'] },
    No: { 'Fn::Not': [{ Condition: 'Yes' }] },
    Seven: { 'Fn::Equals': [ref('Number'), '7'] },
    Both: { 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'Seven' }] },
    Either: { 'Fn::Or': [{ Condition: 'No' }, { Condition: 'Seven' }] },
    Neither: { 'Fn::Not': [{ Condition: 'Either' }] },
  },
};

/** Returns a variable in the syntax of `Fn::Sub`. */
const variable = (name: string) => `\${${name}}`;

test('computes every function as AWS documents', async (t) => {
  const { create, cloud } = await setUp(t);
  const values: Record<string, [given: Json, computed: Json | ((id: string, stackId: string) => Json)]> = {
    RefId: [ref('First'), (id) => id],
    RefText: [ref('Word'), 'word'],
    RefNumber: [ref('Number'), '7'],
    RefList: [ref('List'), ['a', 'b', 'c']],
    RefNumbers: [ref('Numbers'), ['1', '2']],
    Account: [ref('AWS::AccountId'), '000000000000'],
    Region: [ref('AWS::Region'), 'us-east-1'],
    Partition: [ref('AWS::Partition'), 'aws'],
    Suffix: [ref('AWS::URLSuffix'), 'amazonaws.com'],
    StackName: [ref('AWS::StackName'), 'one'],
    StackId: [ref('AWS::StackId'), (_id, stackId) => stackId],
    Topics: [ref('AWS::NotificationARNs'), []],
    GetAtt: [att('First', 'Shade'), 'red'],
    GetAttPath: [{ 'Fn::GetAtt': ['First', 'Endpoint.Port'] }, '8080'],
    GetAttText: [{ 'Fn::GetAtt': 'First.Endpoint.Port' }, '8080'],
    Join: [{ 'Fn::Join': ['-', ['a', ref('Number'), ref('Word')]] }, 'a-7-word'],
    JoinList: [{ 'Fn::Join': ['', ref('List')] }, 'abc'],
    Split: [{ 'Fn::Split': ['|', 'a||b'] }, ['a', '', 'b']],
    Select: [{ 'Fn::Select': ['1', ref('List')] }, 'b'],
    SelectSplit: [{ 'Fn::Select': [0, { 'Fn::Split': ['.', 'x.y'] }] }, 'x'],
    Base64: [{ 'Fn::Base64': { 'Fn::Join': ['', ['é', '!']] } }, 'w6kh'],
    FindInMap: [{ 'Fn::FindInMap': ['Sizes', ref('Word'), 'count'] }, 3],
    FindList: [{ 'Fn::Select': [1, { 'Fn::FindInMap': ['Sizes', 'word', 'names'] }] }, 'y'],
    Sub: [
      { 'Fn::Sub': `${['Word', 'First.Shade', 'AWS::Region', '!Kept'].map(variable).join('/')}/$x` },
      `word/red/us-east-1/${variable('Kept')}/$x`,
    ],
    SubMap: [
      { 'Fn::Sub': [`${variable('Own')}:${variable('Word')}`, { Own: ref('Number'), Word: 'mine' }] },
      '7:mine',
    ],
    If: [{ 'Fn::If': ['Both', 'yes', ref('First')] }, 'yes'],
    IfNot: [{ 'Fn::If': ['Neither', 'yes', { inner: att('First', 'Shade') }] }, { inner: 'red' }],
    NoValue: [{ kept: 1, gone: { 'Fn::If': ['No', 1, ref('AWS::NoValue')] } }, { kept: 1 }],
    NoItem: [
      [1, { 'Fn::If': ['Yes', ref('AWS::NoValue'), 2] }, 3],
      [1, 3],
    ],
    Plain: [
      { Refs: true, none: null, deep: [{ deeper: 1.5 }] },
      { Refs: true, none: null, deep: [{ deeper: 1.5 }] },
    ],
  };
  const given = Object.fromEntries(Object.entries(values).map(([name, [value]]) => [name, value]));
  const stackId = await create(
    'one',
    template({ First: thing({ Colour: 'red' }), All: thing({ Values: given }) }, MORE),
  );
  const id = cloud.named('First')[0]?.physicalId ?? '';
  const computed = Object.entries(values).map(([name, [, value]]) => [
    name,
    typeof value === 'function' ? value(id, stackId) : value,
  ]);
  assert.deepEqual(cloud.named('All')[0]?.properties.Values, Object.fromEntries(computed));
});

test('refuses an unknown or misused function before anything is created', async (t) => {
  const { sdk, cloud } = await setUp(t);
  const refused: [value: JsonObject, message: RegExp][] = [
    [{ 'Fn::ImportValue': 'x' }, /^The embedded cloud does not support the function Fn::ImportValue\.$/],
    [{ 'Fn::GetAZs': '' }, /does not support the function Fn::GetAZs/],
    [
      { Ref: 'Nothing' },
      /Unresolved resource dependencies \[Nothing\] in the Resources block of the template$/,
    ],
    [{ Ref: ['A'] }, /every Ref object must have a single String value\.$/],
    [{ Ref: 'A', Other: 1 }, /Ref must be the only member of its object$/],
    [{ 'Fn::Sub': variable('Nothing') }, /Unresolved resource dependencies \[Nothing\]/],
    [
      { 'Fn::Sub': variable('Not a name') },
      /variable names in Fn::Sub syntax must contain only alphanumeric/,
    ],
    [{ 'Fn::Sub': [1] }, /One or more Fn::Sub intrinsic functions don't specify expected arguments/],
    [att('Nothing', 'Arn'), /instance of Fn::GetAtt references undefined resource Nothing$/],
    [{ 'Fn::GetAtt': ['A'] }, /every Fn::GetAtt object requires two non-empty parameters/],
    [{ 'Fn::Join': ['-'] }, /every Fn::Join object requires two parameters/],
    [{ 'Fn::Split': ['', 'x'] }, /every Fn::Split object requires two parameters/],
    [{ 'Fn::Select': [5, ['a']] }, /Fn::Select cannot select nonexistent value at index 5$/],
    [{ 'Fn::Select': 'x' }, /Fn::Select requires a list argument with two elements/],
    [{ 'Fn::FindInMap': ['Sizes', 'word', 'none'] }, /Unable to get mapping for Sizes::word::none$/],
    [{ 'Fn::FindInMap': ['None', 'word', 'x'] }, /Mapping named 'None' is not present/],
    [{ 'Fn::FindInMap': ['Sizes', '__proto__', 'x'] }, /Unable to get mapping for Sizes::__proto__::x$/],
    [{ 'Fn::If': ['Nothing', 1, 2] }, /Unresolved condition dependency Nothing in the Resources block/],
    [{ 'Fn::If': ['Yes', 1] }, /Fn::If requires a list argument with three parameters$/],
    [{ 'Fn::Base64': ['x'] }, /every Fn::Base64 object must have a String-typed value\.$/],
  ];
  for (const [value, message] of refused) {
    const body = template({ A: thing(), B: thing({ Value: value }) }, MORE);
    const what = JSON.stringify(value);
    await assert.rejects(
      sdk.createStack({ StackName: 'one', TemplateBody: JSON.stringify(body) }),
      awsError('ValidationError', message),
      what,
    );
  }
  assert.deepEqual(cloud.calls, []);
  assert.deepEqual((await sdk.listStacks({})).StackSummaries, []);
});

test('evaluates conditions as boolean operations on parameters and conditions', async (t) => {
  const { sdk } = await setUp(t);
  const refused: [conditions: JsonObject, message: RegExp][] = [
    [{ C: { 'Fn::Equals': [ref('A'), 1] } }, /Cannot reference resources in the Conditions block/],
    [{ C: { 'Fn::Equals': [att('A', 'Arn'), 1] } }, /no attribute of a resource$/],
    [{ C: { 'Fn::Equals': [1] } }, /every Fn::Equals object requires a list of 2 string parameters\.$/],
    [{ C: { 'Fn::And': [{ Condition: 'C' }] } }, /every Fn::And object requires a list of at least 2/],
    [{ C: { 'Fn::Not': [] } }, /every Fn::Not object requires one boolean parameter\.$/],
    [{ C: { 'Fn::Not': [{ Condition: 'D' }] } }, /Unresolved condition dependency D in the Conditions block/],
    [{ C: true }, /Conditions can only be boolean operations/],
    [
      { C: { 'Fn::Not': [{ Condition: 'D' }] }, D: { 'Fn::Not': [{ Condition: 'C' }] } },
      /Circular dependency between conditions: \[C, D\]$/,
    ],
  ];
  for (const [Conditions, message] of refused) {
    const TemplateBody = JSON.stringify(template({ A: thing() }, { Conditions }));
    await assert.rejects(
      sdk.validateTemplate({ TemplateBody }),
      awsError('ValidationError', message),
      TemplateBody,
    );
  }
});
