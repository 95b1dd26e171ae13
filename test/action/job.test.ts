import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DeployedStack, withCloud } from '../e2e/harness.ts';
import { openGitHub, REQUEST_TOKEN } from './github.ts';
import { openJob } from './runner.ts';

test('uploads from a GitHub job without secrets, within the operator’s trust', async (t) => {
  const [github, job] = await Promise.all([openGitHub(t), openJob(t)]);
  await withCloud(async (operator, cloud) => {
    const { url } = await operator.json<DeployedStack>(['deploy', '--local']);
    const trust = ['trust', 'github', 'acme/app', '--url', github.address, '--branch', 'main'];
    const ids = ['--repository-id', '67890', '--owner-id', '12345', '--write-to', 'ci/{repository}/'];
    await operator.json([...trust, ...ids]);

    await writeFile(join(job.workspace, 'app.tar'), 'built');
    const env = {
      NODE_EXTRA_CA_CERTS: cloud.caFile,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${github.address}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
    };
    const { code, log, outputs, summary } = await job.run({ url, path: 'app.tar' }, env);
    assert.equal(code, 0, log);
    assert.match(log, /Using the identity of GitHub Actions: repository=acme\/app, repository_id=67890/);
    assert.equal(JSON.parse(outputs.json ?? '').stored, 1);
    assert.match(summary, /ci\/acme\/app\/app&#46;tar/);
    assert.equal(github.given.length, 2, 'the action requests another token after the refusal');

    const { code: got, stderr } = await operator.run(['get', 'ci/acme/app/app.tar', '--as', 'copy.tar']);
    assert.equal(got, 0, stderr);
    assert.equal(await readFile(join(operator.home, 'copy.tar'), 'utf8'), 'built');
    const seen = [log, summary, JSON.stringify(outputs)].join('\n');
    for (const secret of [REQUEST_TOKEN, ...github.given]) assert.ok(!seen.includes(secret));

    // Without the trust, the same job is refused.
    await operator.json(['trust', 'remove', 'github']);
    const removed = await job.run({ url, path: 'app.tar' }, env);
    assert.equal(removed.code, 4, removed.log);
  });
});
