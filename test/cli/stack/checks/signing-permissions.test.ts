import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseUnsignable } from '../../../../cli/stack/checks/signing-permissions.ts';
import type { FoundStack } from '../../../../cli/stack/find-stack.ts';
import type { StackOptions } from '../../../../infra/options.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { workAgainst } from '../world.ts';
import { simulatingAws } from './simulating-aws.ts';

const STACK = { id: 'arn:x', status: 'UPDATE_COMPLETE', outputs: { bucket: 'inbox' } } as FoundStack;

const DENIED =
  '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>';

const NONE: StackOptions = {};
const FIRST: StackOptions = { signing: { keys: [{ id: '1' }] } };
const ROTATED: StackOptions = { signing: { keys: [{ id: '2' }, { id: '1', until: 2_000_000_000 }] } };
const CREATION = { previous: NONE, options: FIRST };

const HINT = /^ {2}edge-upload policy --extras$[\s\S]*^ {2}aws iam simulate-principal-policy /m;

test('creates no signing key for an operator who cannot sign with it', async (t) => {
  for (const action of ['kms:CreateKey', 'kms:TagResource', 'kms:GetPublicKey', 'kms:Sign', 's3:PutObject']) {
    const { work } = await workAgainst(t, simulatingAws({ denied: [action] }));
    await assert.rejects(
      refuseUnsignable(work, STACK, CREATION),
      withCode('access_denied', new RegExp(`for links and keys: ${action}\\. Nothing was changed\\.$`), HINT),
    );
  }
});

test('asks IAM only about required actions: a rotation signs nothing', async (t) => {
  for (const { change, arn, expected } of [
    { change: CREATION, arn: 'arn:aws:iam::123456789012:root', expected: [] },
    { change: { previous: FIRST, options: FIRST }, expected: [] },
    {
      change: { previous: FIRST, options: ROTATED },
      expected: ['kms:CreateKey', 'kms:GetPublicKey', 'kms:TagResource'],
    },
  ]) {
    const asked: string[] = [];
    const { work } = await workAgainst(t, simulatingAws({ denied: [], asked, arn }));
    await refuseUnsignable(work, STACK, change);
    assert.deepEqual(asked.map((one) => one.split(' ')[0]).sort(), expected);
  }
  const asked: string[] = [];
  const { work } = await workAgainst(t, simulatingAws({ denied: [], asked }));
  await refuseUnsignable(work, STACK, CREATION);
  assert.ok(asked.includes('s3:PutObject arn:aws:s3:::inbox/.well-known/edge-upload/tokens/x'));
  assert.ok(asked.includes('kms:CreateKey *'));
});

test('refuses nothing if IAM does not respond', async (t) => {
  const { work } = await workAgainst(t, (body) =>
    /Simulate/.test(body) ? { status: 403, body: DENIED } : simulatingAws({ denied: [] })(body),
  );
  await refuseUnsignable(work, STACK, CREATION);
});
