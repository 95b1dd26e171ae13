import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketCheck, refuseBucket } from '../../../../cli/stack/checks/bucket.ts';
import { type Check, runCheck, type StackSnapshot } from '../../../../cli/stack/checks/check.ts';
import type { FoundStack } from '../../../../cli/stack/find-stack.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { workAgainst } from '../world.ts';

const nameIn = (path: string) => path.split(/[/?]/)[1] ?? '';
const STACK = { outputs: { bucket: 'own' } } as FoundStack;

test('refuses to replace the bucket of a stack by an existing one, or to keep one that was deleted', async (t) => {
  const existing = new Set(['own', 'other']);
  const { work } = await workAgainst(t, (_body, path) => ({
    status: existing.has(nameIn(path)) ? 200 : 404,
    body: '',
  }));
  await refuseBucket(work, STACK, { bucketName: 'own' });
  await refuseBucket(work, STACK, { bucketName: 'new' });
  await refuseBucket(work, { outputs: {} } as FoundStack, { bucketName: 'other' });
  await assert.rejects(
    refuseBucket(work, STACK, { bucketName: 'other' }),
    withCode(
      'usage',
      /other already exists and cannot take its place/,
      /--stack-name <name> --bucket-name other/,
    ),
  );
  existing.delete('own');
  await assert.rejects(
    refuseBucket(work, STACK, {}),
    withCode('stack_failed', /bucket own was deleted outside/),
  );
});

test('reports whether the bucket of a stack exists', async (t) => {
  const { work } = await workAgainst(t, (_body, path) => ({
    status: nameIn(path) === 'own' ? 200 : 404,
    body: '',
  }));
  const check = (stack: Partial<FoundStack>): Check =>
    bucketCheck(work, { stack: async () => stack } as StackSnapshot);
  const states = [];
  for (const outputs of [{ bucket: 'own' }, { bucket: 'gone' }, {}])
    states.push((await runCheck(check({ outputs }))).state);
  assert.deepEqual(states, ['ok', 'failed', 'skipped']);
});
