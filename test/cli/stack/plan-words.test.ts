import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change, ResourceChange } from '@aws-sdk/client-cloudformation';
import { losses, planLines, plannedSteps } from '../../../cli/stack/plan-words.ts';

const change = (ResourceChange: ResourceChange): Change => ({ Type: 'Resource', ResourceChange });

const CHANGES: Change[] = [
  change({ Action: 'Remove', ResourceType: 'AWS::Lambda::Version', LogicalResourceId: 'Version1' }),
  change({
    Action: 'Modify',
    ResourceType: 'AWS::Cognito::UserPool',
    LogicalResourceId: 'UserPool',
    Replacement: 'True',
    Details: [{ Target: { Attribute: 'Properties', Name: 'UsernameConfiguration' } }],
  }),
  change({
    Action: 'Modify',
    ResourceType: 'AWS::S3::Bucket',
    LogicalResourceId: 'Bucket',
    Replacement: 'False',
    Details: [
      { Target: { Attribute: 'Properties', Name: 'LifecycleConfiguration' } },
      { Target: { Attribute: 'Properties', Name: 'LifecycleConfiguration' } },
      { Target: { Attribute: 'Metadata' } },
    ],
  }),
  change({ Action: 'Add', ResourceType: 'AWS::Lambda::Version', LogicalResourceId: 'Version2' }),
];

test('a change set is told in words, additions first, removals last', () => {
  assert.deepEqual(planLines(plannedSteps(CHANGES)), [
    "  + add      edge function's version",
    '  ~ change   bucket (LifecycleConfiguration, Metadata)',
    '  ! REPLACE  user pool (UsernameConfiguration): all its users are lost',
    "  - remove   edge function's version",
  ]);
});

test('what takes users or objects along is told apart from what can be made again', () => {
  assert.deepEqual(
    losses(plannedSteps(CHANGES)).map(({ logicalId }) => logicalId),
    ['UserPool'],
  );
  const removed = change({ Action: 'Remove', ResourceType: 'AWS::S3::Bucket', LogicalResourceId: 'Bucket' });
  assert.equal(losses(plannedSteps([removed])).length, 1);
});

test('what may turn out as a replacement is not called one', () => {
  const [step] = plannedSteps([
    change({ Action: 'Modify', ResourceType: 'AWS::S3::BucketPolicy', Replacement: 'Conditional' }),
  ]);
  assert.equal(step?.what, 'change');
});
