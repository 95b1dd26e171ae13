import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { OPERATOR_POLICY, policyDocument } from '../../cli/stack/policy/operator-policy.ts';
import { awsEnv, PASSWORD, readText, withCloud } from './harness.ts';
import { startRecorder } from './recorder.ts';

/** Whether the policy allows an action, of any resource. */
function isAllowed(action: string): boolean {
  return OPERATOR_POLICY.some(({ actions }) =>
    actions.some((allowed) =>
      allowed.endsWith('*') ? action.startsWith(allowed.slice(0, -1)) : allowed === action,
    ),
  );
}

/** Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const FREE = 'sts:GetCallerIdentity';

test('an operator needs no permission that the documented policy lacks', async () => {
  await withCloud(async (computer, cloud) => {
    const recorder = await startRecorder(cloud);
    try {
      // As against AWS: no --local, credentials and endpoint from the environment.
      const env = {
        ...awsEnv(computer, cloud),
        AWS_ENDPOINT_URL: recorder.endpoint,
        NODE_EXTRA_CA_CERTS: cloud.caFile,
        EDGE_UPLOAD_NEW_PASSWORD: PASSWORD,
      };
      await writeFile(join(computer.home, 'a.txt'), 'a');
      for (const args of [
        ['deploy', '--dry-run'],
        ['deploy', '--yes'],
        ['login', '--create', '--email', 'ada@example.com'],
        ['put', 'a.txt'],
        ['deploy'],
        ['status'],
        ['synth'],
        ['doctor'],
        ['ls'],
        ['get', 'a.txt', '--as', 'b.txt'],
        ['user', 'add', 'bob', '--email', 'bob@example.com'],
        ['user', 'list'],
        ['user', 'show', 'bob'],
        ['user', 'groups', 'bob', '--add', 'writers', '--create'],
        ['user', 'groups', 'bob', '--remove', 'writers'],
        ['user', 'groups'],
        ['user', 'disable', 'bob'],
        ['user', 'enable', 'bob'],
        ['user', 'reset', 'bob'],
        ['user', 'reset', 'bob', '--mfa'],
        ['user', 'remove', 'bob', '--yes'],
        ['logs'],
        ['destroy', '--yes'],
      ]) {
        const { code, stdout, stderr } = await computer.run(args, { env });
        assert.equal(code, 0, `${args.join(' ')}\n${stdout}${stderr}`);
      }
    } finally {
      await recorder.close();
    }
    const recorded = recorder.actions();
    assert.ok(
      recorded.includes('cloudformation:ExecuteChangeSet') && recorded.includes('lambda:DeleteFunction'),
    );
    assert.deepEqual(
      recorded.filter((action) => action !== FREE && !isAllowed(action)),
      [],
    );
  });
});

test('the README has the policy as it is', async () => {
  const readme = await readText(join(import.meta.dirname, '../../README.md'));
  const block = /```json\n(\{\s*"Version": "2012-10-17"[\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(block !== undefined, 'the README shows a policy document');
  assert.deepEqual(JSON.parse(block), policyDocument('<account>', '<stack>'));
});
