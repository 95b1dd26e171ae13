import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { destroy } from '../../../cli/commands/destroy.ts';
import { findTarget, requireTarget } from '../../../cli/commands/operator.ts';
import { rememberDeployment } from '../../../cli/settings/deployments.ts';
import { testContext } from '../transfer/helpers/context.ts';
import { withCode } from '../transfer/helpers/uploading.ts';

/** A computer that deployed two stacks, the second last, and uploads to an edge of somebody else's. */
async function computer(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-operator-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const known = { region: 'us-east-1', userPoolId: 'us-east-1_a', clientId: 'c' };
  for (const [name, bucket] of [
    ['theirs.example', undefined],
    ['first', 'b1'],
    ['second', 'b2'],
  ] as const) {
    const url = `https://${name}`;
    await rememberDeployment(testContext({ home }), { name, url, ...known, ...(bucket && { bucket }) });
  }
  return (env: Record<string, string> = {}, stackName?: string) =>
    testContext({
      home,
      env,
      options: { json: false, quiet: false, debug: false, color: false, ...(stackName && { stackName }) },
    });
}

test('an operator’s commands mean the stack named, that of EDGE_UPLOAD_URL, or the one used last, and say so', async (t) => {
  const at = await computer(t);
  const last = at();
  assert.equal((await requireTarget(last)).stackName, 'second');
  assert.match(JSON.stringify(last.events), /Deployment: second, the one used last/);
  const byUrl = at({ EDGE_UPLOAD_URL: 'https://first' });
  assert.equal((await requireTarget(byUrl)).stackName, 'first');
  assert.deepEqual(byUrl.events, []);
  const named = at({ EDGE_UPLOAD_URL: 'https://first' }, 'other');
  assert.deepEqual(await requireTarget(named), { stackName: 'other' });
});

test('where EDGE_UPLOAD_URL means an edge of somebody else’s, no deployment of one’s own is taken for it', async (t) => {
  const at = await computer(t);
  for (const url of ['https://theirs.example', 'https://unknown.example']) {
    const refused = withCode(
      'no_deployment',
      new RegExp(`means ${url}, which was not deployed`),
      /--stack-name/,
    );
    await assert.rejects(requireTarget(at({ EDGE_UPLOAD_URL: url })), refused);
    await assert.rejects(destroy(at({ EDGE_UPLOAD_URL: url }), { yes: true }), refused);
    assert.equal((await findTarget(at({ EDGE_UPLOAD_URL: url })))?.stackName, 'second');
  }
});
