import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../../cli/errors.ts';
import { rows, testContext } from '../../../support/context.ts';
import { readAll, respondJson } from '../helpers/edge.ts';
import { ownEdge, ownFolder, restlessClock, upload, withCode } from '../helpers/uploading.ts';

test('requests a token again while it cannot be renewed, like the edge', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'bytes');
  const edge = await ownEdge(t);
  const outage = (code: 'unreachable' | 'throttled') => new UserError(code, 'The issuer does not respond.');
  for (const code of ['unreachable', 'throttled'] as const) {
    const failures = [outage(code), outage(code), outage(code)];
    const renewing = async () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return 'good';
    };
    const context = testContext({ cwd });
    const clock = restlessClock();
    const tokens = { current: renewing, renew: async () => assert.fail('no token was refused') };
    await upload(t, context, edge.url, { files: ['f'] }, { clock, tokens });
    assert.deepEqual([rows(context.events)[0]?.attempts, clock.slept], [4, [250, 500, 1000]], code);
  }
  const signedOut = new UserError('not_signed_in', 'Nobody is signed in.');
  const tokens = { current: () => Promise.reject(signedOut), renew: async () => assert.fail() };
  const clock = restlessClock();
  const ended = upload(t, testContext({ cwd }), edge.url, { files: ['f'] }, { clock, tokens });
  await assert.rejects(ended, withCode('not_signed_in'));
  assert.deepEqual(clock.slept, [], 'a sign-in that has ended does not come back');
});

test('renews a refused token again while the renewal fails temporarily', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'bytes');
  const edge = await ownEdge(t, async (request, response) => {
    if (request.headers.authorization === 'Bearer good') return false;
    await readAll(request);
    respondJson(response, 401, 'token_expired');
    return true;
  });
  let renewals = 0;
  const renew = async () => {
    renewals += 1;
    if (renewals < 3) throw new UserError('unreachable', 'The issuer does not respond.');
    return 'good';
  };
  const clock = restlessClock();
  const context = testContext({ cwd });
  const tokens = { current: async () => 'old', renew };
  await upload(t, context, edge.url, { files: ['f'] }, { clock, tokens });
  assert.deepEqual([renewals, edge.stored.get('/f')?.toString()], [3, 'bytes']);
});
