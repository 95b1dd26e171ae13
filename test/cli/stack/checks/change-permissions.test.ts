import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neededFor, refuseUnpermittedChange } from '../../../../cli/stack/checks/change-permissions.ts';
import { covers } from '../../../../cli/stack/checks/policy-statements.ts';
import { checkAccount } from '../../../../cli/stack/checks/preflight.ts';
import { refuseUnsignable } from '../../../../cli/stack/checks/signing-permissions.ts';
import type { FoundStack } from '../../../../cli/stack/find-stack.ts';
import type { PlannedStep } from '../../../../cli/stack/operate/plan.ts';
import { operatorPolicy } from '../../../../cli/stack/policy/operator-policy.ts';
import { RESOURCE_ACTIONS } from '../../../../cli/stack/policy/resource-actions.ts';
import type { StackOptions } from '../../../../infra/options.ts';
import { ALL_OPTIONS, ISSUER, keysFor, PROVIDERS, wholeTemplate } from '../../../infra/support.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { workAgainst } from '../world.ts';
import { ACCOUNT as account, simulatingAws } from './simulating-aws.ts';

/** The resources of stacks with all options. */
const EVERY = PROVIDERS.map((provider): StackOptions => ({ ...ALL_OPTIONS, ...provider, trust: [ISSUER] }));
const RESOURCES = EVERY.flatMap((options) =>
  Object.entries(wholeTemplate(keysFor(options), options).Resources),
);
const TYPES = [...new Set(RESOURCES.map(([, { Type }]) => Type))];

const STACK = {
  id: 'arn:aws:cloudformation:us-east-1:123456789012:stack/edge-upload/1',
  status: 'UPDATE_COMPLETE',
  outputs: { userPoolId: 'us-east-1_a', edgeFunction: 'edge-upload-EdgeFunction-1', bucket: 'edge-upload-b' },
} as FoundStack;

const PLACE = { account, stackName: 'edge-upload', outputs: STACK.outputs };

const idOf = (type: string, logicalId: string) =>
  type.startsWith('AWS::SNS::')
    ? `arn:aws:sns:us-east-1:${account}:edge-upload-${logicalId}-1`
    : `edge-upload-${logicalId}-1`;

/** Every change and removal of every resource. */
function laterSteps(what: 'change' | 'remove'): PlannedStep[] {
  return RESOURCES.map(([logicalId, { Type: type, Properties }]) => ({
    what,
    logicalId,
    type,
    physicalId: idOf(type, logicalId),
    properties: [...Object.keys(Properties ?? {}), ...Object.keys(RESOURCE_ACTIONS[type]?.change ?? {})],
  }));
}

const STATEMENTS = [false, true].flatMap((extras) =>
  operatorPolicy({ account, stackName: 'edge-upload', extras }),
);

const isAllowed = (action: string, resource: string) =>
  STATEMENTS.some(
    ({ actions, resources }) =>
      actions.some((one) => covers(one, action)) && resources.some((one) => covers(one, resource)),
  );

test('a deploy asks for all actions that resources need, and the policies allow them', async (t) => {
  const asked: string[] = [];
  for (const options of EVERY) {
    const { work } = await workAgainst(t, simulatingAws({ denied: [], asked }));
    await checkAccount(work, { stack: undefined, previous: {}, options, dryRun: false });
    await refuseUnsignable(work, undefined, { previous: {}, options });
  }
  const { work } = await workAgainst(t, simulatingAws({ denied: [], asked }));
  for (const what of ['change', 'remove'] as const)
    await refuseUnpermittedChange(work, STACK, laterSteps(what), { dryRun: false });
  const actions = new Set(asked.map((one) => one.split(' ')[0] ?? ''));
  for (const type of TYPES) {
    const known = RESOURCE_ACTIONS[type];
    assert.ok(known, `${type} has no entry in RESOURCE_ACTIONS`);
    const { create, set = {}, change } = known;
    const all = [...create, ...Object.values(set).flat(), ...Object.values(change).flat(), ...known.delete];
    for (const action of all) assert.ok(actions.has(action), `${type}: ${action} is not asked`);
  }
  for (const one of asked) {
    const [action = '', resource = ''] = one.split(' ');
    assert.ok(isAllowed(action, resource), one);
  }
});

test('names the resources as CloudFormation does, and leaves out what is not known', () => {
  const step = (
    what: PlannedStep['what'],
    type: string,
    physicalId?: string,
    properties: string[] = [],
  ): PlannedStep => ({
    what,
    type: `AWS::${type}`,
    logicalId: type.replace(/.*::/, ''),
    properties,
    ...(physicalId !== undefined && { physicalId }),
  });
  const needs = (...steps: readonly PlannedStep[]) =>
    neededFor(steps, PLACE).map(({ actions, resource }) => `${actions.join(' ')} ${resource}`);
  assert.deepEqual(needs(step('change', 'S3::Bucket', 'b', ['NotificationConfiguration', 'Metadata'])), [
    's3:PutBucketNotification arn:aws:s3:::b',
  ]);
  assert.deepEqual(needs(step('add', 'Lambda::Version'), step('leave', 'Lambda::Version', 'v')), [
    'lambda:PublishVersion arn:aws:lambda:us-east-1:123456789012:function:edge-upload-EdgeFunction-1',
  ]);
  // A new address of a topic that does not change: its name is not in the plan.
  assert.deepEqual(needs(step('add', 'SNS::Subscription')), []);
  assert.deepEqual(needs(step('add', 'SNS::Topic'), step('add', 'SNS::Subscription')), [
    'sns:CreateTopic arn:aws:sns:us-east-1:123456789012:edge-upload-Topic-x',
    'sns:Subscribe arn:aws:sns:us-east-1:123456789012:edge-upload-Topic-x',
  ]);
  assert.deepEqual(needs(step('remove', 'Cognito::UserPoolClient', 'c')), [
    'cognito-idp:DeleteUserPoolClient arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a',
  ]);
  // The bucket can have a chosen name.
  assert.deepEqual(needs(step('add', 'S3::BucketPolicy')), ['s3:PutBucketPolicy arn:aws:s3:::edge-upload-b']);
  // The old pool may be retained.
  assert.deepEqual(needs(step('replace', 'Cognito::UserPool', 'us-east-1_a')), [
    'cognito-idp:CreateUserPool *',
  ]);
  const policy = step('change', 'S3::BucketPolicy', 'b', ['PolicyDocument']);
  assert.deepEqual(needs(policy), ['s3:PutBucketPolicy arn:aws:s3:::b']);
  assert.deepEqual(needs({ ...policy, uncertain: ['PolicyDocument'] }), []);
  const none = ['Metadata', 'Tags', 'UserPoolTags'];
  assert.deepEqual(needs(step('change', 'Cognito::UserPool', 'us-east-1_a', none)), []);
  assert.deepEqual(needs(step('adopt', 'S3::Bucket', 'b'), step('change', 'Custom::Other', 'c', ['A'])), []);
});

test('refuses a planned change that IAM denies to the operator, or to the role of the stack', async (t) => {
  const steps: PlannedStep[] = [
    { what: 'add', logicalId: 'NoticeTopic', type: 'AWS::SNS::Topic', properties: [] },
    {
      what: 'remove',
      logicalId: 'Cors',
      type: 'AWS::CloudFront::ResponseHeadersPolicy',
      physicalId: 'p',
      properties: [],
    },
  ];
  for (const [denied, policy] of [
    ['sns:CreateTopic', ' --extras'],
    ['cloudfront:DeleteResponseHeadersPolicy', ''],
  ] as const) {
    const { work } = await workAgainst(t, simulatingAws({ denied: [denied] }));
    await assert.rejects(
      refuseUnpermittedChange(work, STACK, steps, { dryRun: false }),
      withCode(
        'access_denied',
        new RegExp(
          `user/ada does not have the permissions for this change: ${denied}\\. Nothing was changed\\.$`,
        ),
        new RegExp(`^ {2}edge-upload policy${policy}$`, 'm'),
      ),
    );
  }
  const roleArn = `arn:aws:iam::${account}:role/deployer`;
  const principals: string[] = [];
  const { work } = await workAgainst(t, simulatingAws({ denied: ['sns:CreateTopic'], principals }));
  await assert.rejects(
    refuseUnpermittedChange(work, { ...STACK, roleArn }, steps, { dryRun: false }),
    withCode('access_denied', /role\/deployer does not have/),
  );
  assert.deepEqual([...new Set(principals)], [roleArn]);
  const available = simulatingAws({ denied: [] });
  for (const answer of [
    available,
    (body: string) => (/Simulate/.test(body) ? { status: 403, body: '' } : available(body)),
  ])
    await refuseUnpermittedChange((await workAgainst(t, answer)).work, STACK, steps, { dryRun: false });
});

test('a dry run warns of a planned change that IAM denies', async (t) => {
  const steps: PlannedStep[] = [
    { what: 'add', logicalId: 'NoticeTopic', type: 'AWS::SNS::Topic', properties: [] },
  ];
  const { work, events } = await workAgainst(t, simulatingAws({ denied: ['sns:CreateTopic'] }));
  await refuseUnpermittedChange(work, STACK, steps, { dryRun: true });
  assert.match(
    JSON.stringify(events),
    /^\[\{"type":"warning".*for this change: sns:CreateTopic\. Without --dry-run, it is refused.*policy --extras/,
  );
});
