import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetSession } from '../../../../cli/identity/tokens/forget-tokens.ts';

test('revokes tokens that cannot be deleted, and then names their file', {
  skip: process.platform === 'linux' ? false : 'Linux alone has a file that nobody can delete',
}, async () => {
  const steps: string[] = [];
  await assert.rejects(
    forgetSession('/proc/version', async () => {
      steps.push('revoked');
    }),
    {
      code: 'disk',
      message: 'The tokens in /proc/version cannot be deleted: permission denied.',
      hint: 'Make that folder writable, then delete them:\n  rm /proc/version',
    },
  );
  assert.deepEqual(steps, ['revoked']);
});
