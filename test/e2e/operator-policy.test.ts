import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { policyDocument } from '../../cli/stack/policy/operator-policy.ts';
import { OPERATOR_POLICY } from '../../cli/stack/policy/operator-statements.ts';
import { awsEnv, computerAt, PASSWORD, withCloud } from './harness.ts';
import { startRecorder } from './recorder.ts';

/** Whether the policy allows an action, of any resource. */
function isAllowed(action: string, policy = OPERATOR_POLICY): boolean {
  return policy.some(({ actions }) =>
    actions.some((allowed) =>
      allowed.endsWith('*') ? action.startsWith(allowed.slice(0, -1)) : allowed === action,
    ),
  );
}

/** Options whose template goes by way of the bucket. */
const MANY = Array.from({ length: 45 }, (_, at) => [
  ...['--allow-group', `${'g'.repeat(120)}${at}`],
  ...['--allow-group', `${'h'.repeat(70)}${at}`],
  ...['--tag', `${'t'.repeat(100)}${at}=${'v'.repeat(160)}`],
]).flat();

/** Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const FREE = 'sts:GetCallerIdentity';

test('an operator needs no permission that the policy lacks', async () => {
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
        ['deploy', '--yes', ...MANY],
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
        ['destroy', '--yes', '--keep-data'],
        ['status'],
        ['destroy', '--yes', '--delete-kept'],
      ]) {
        const { code, stdout, stderr } = await computer.run(args, { env });
        assert.equal(code, 0, `${args.join(' ')}\n${stdout}${stderr}`);
      }
      const policy = await computer.run(['policy'], { env });
      assert.deepEqual(
        JSON.parse(policy.stdout),
        policyDocument({ account: '000000000000', stackName: 'edge-upload' }),
      );
    } finally {
      await recorder.close();
    }
    const recorded = recorder.actions();
    for (const action of ['cloudformation:ExecuteChangeSet', 'lambda:DeleteFunction', 's3:PutObject'])
      assert.ok(recorded.includes(action), action);
    assert.deepEqual(
      recorded.filter((action) => action !== FREE && !isAllowed(action)),
      [],
    );
  });
});

test('an operator with the policy of --deploy-only deploys', async () => {
  await withCloud(async (computer, cloud) => {
    const deployOnly = OPERATOR_POLICY.filter(({ beyondDeploy }) => beyondDeploy !== true);
    const beyond = OPERATOR_POLICY.flatMap(({ beyondDeploy, actions }) => (beyondDeploy ? actions : []));
    const denied = new Set(beyond.filter((action) => !isAllowed(action, deployOnly)));
    const recorder = await startRecorder(cloud, async () => {}, denied);
    try {
      const run = async (...args: string[]) => {
        const env = {
          ...awsEnv(computer, cloud),
          AWS_ENDPOINT_URL: recorder.endpoint,
          NODE_EXTRA_CA_CERTS: cloud.caFile,
        };
        const { code, stdout, stderr } = await computer.run(args, { env });
        assert.equal(code, 0, `${args.join(' ')}\n${stdout}${stderr}`);
      };
      await run('deploy', '--yes', '--retain-data', ...MANY);
      await run('synth');
      await run('doctor');
      await run('logs');
      // Another operator takes it down; what was kept is no obstacle to a deploy.
      const taken = await computer.run(['destroy', '--yes'], { env: awsEnv(computer, cloud) });
      assert.equal(taken.code, 0, taken.stderr);
      await run('deploy', '--yes');
    } finally {
      await recorder.close();
    }
  });
});

test('policy asks for the account where no credentials name it', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-policy-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const computer = computerAt(home);
  const env = { ...computer.env, AWS_EC2_METADATA_DISABLED: 'true' };
  const refused = await computer.run(['policy', '--stack-name', 'media'], { env });
  assert.equal(refused.code, 8);
  assert.match(refused.stderr, /^ +edge-upload policy --account <12 digits> --stack-name media$/m);
  assert.equal(refused.stdout, '');
  const given = ['policy', '--account', '123456789012', '--stack-name', 'media', '--deploy-only'];
  assert.deepEqual(
    JSON.parse((await computer.run(given, { env })).stdout),
    policyDocument({ account: '123456789012', stackName: 'media', deployOnly: true }),
  );
  assert.equal((await computer.run(['policy', '--account', 'mine'], { env })).code, 2);
});
