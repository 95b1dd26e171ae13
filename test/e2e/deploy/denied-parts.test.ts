import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rememberLeftover } from '../../../cli/stack/remains.ts';
import { ACCOUNT_ID } from '../../../local/account.ts';
import { type DeployedStack, signIn, withCloud } from '../harness.ts';
import { startRecorder } from '../recorder.ts';
import { operatorOf } from './operator-of.ts';

interface Status {
  readonly status: string;
  readonly unread?: readonly { readonly part: string; readonly code: string; readonly message: string }[];
  readonly bucketGone?: true;
  readonly userPoolGone?: true;
  readonly kept: readonly unknown[];
}

interface Link {
  readonly id: string;
}

/** Permissions that `status` uses besides describing the stack, with the parts that need them. */
const PARTS: readonly (readonly [action: string, ...parts: string[]])[] = [
  ['lambda:DeleteFunction', 'leftovers'],
  ['cloudformation:ListStackResources', 'kept data', 'signing keys'],
  ['cloudformation:GetTemplate', 'options'],
  ['s3:ListBucketVersions', 'bucket'],
  ['cognito-idp:DescribeUserPool', 'user pool'],
];

test('status and doctor name the parts that are denied, and show the rest', async (t) => {
  await withCloud(async (computer, cloud) => {
    await computer.json<DeployedStack>(['deploy', '--local', '--yes']);
    await computer.json(['link', 'create', '--prefix', 'a/', '--yes']);
    const { operator, place } = await operatorOf(computer, cloud);
    const leftover = { functionName: 'of-before', stackName: 'edge-upload', account: ACCOUNT_ID };
    await rememberLeftover(place, leftover);
    const denied = new Set<string>();
    const recorder = await startRecorder(cloud, undefined, denied);
    t.after(() => recorder.close());
    const env = { AWS_ENDPOINT_URL: recorder.endpoint };
    const named = ['--stack-name', 'edge-upload'];
    const status = async () => {
      const { code, stdout, stderr } = await operator.run(['status', '--json', ...named], { env });
      assert.equal(code, 0, stdout + stderr);
      return JSON.parse(stdout) as Status;
    };
    for (const [action, ...parts] of PARTS) {
      denied.clear();
      denied.add(action);
      const { unread, bucketGone, userPoolGone, kept, status: state } = await status();
      assert.deepEqual(
        unread?.map((one) => [one.part, one.code]),
        parts.map((part) => [part, 'access_denied']),
        action,
      );
      assert.match(unread[0]?.message ?? '', new RegExp(action));
      assert.deepEqual(
        [state, bucketGone, userPoolGone, kept],
        ['UPDATE_COMPLETE', undefined, undefined, []],
      );
    }
    for (const [action] of PARTS) denied.add(action);
    await rememberLeftover(place, leftover);
    const shown = await operator.run(['status', ...named], { env });
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /^edge +https:/m);
    for (const [action, part] of PARTS)
      assert.match(shown.stdout, new RegExp(`^Not read: ${part}\\. .*${action}`, 'm'));
    assert.equal(shown.stdout.match(/edge-upload policy --extras/g)?.length, 1, shown.stdout);
    const doctor = await operator.run(['doctor', ...named], { env });
    assert.match(doctor.stdout, /^ok +stack/m, doctor.stdout);
    denied.clear();
    assert.deepEqual((await status()).unread, undefined);
    // Without the description of the stack, nothing can be shown.
    denied.add('cloudformation:DescribeStacks');
    assert.equal((await operator.run(['status', ...named], { env })).code, 8);
  });
});

test('doctor and status read the stack, its template and its resources once', async (t) => {
  await withCloud(async (computer, cloud) => {
    await computer.json<DeployedStack>(['deploy', '--local', '--yes']);
    await computer.json(['link', 'create', '--prefix', 'a/', '--yes']);
    const { operator } = await operatorOf(computer, cloud);
    const calls = new Map<string, number>();
    const recorder = await startRecorder(cloud, async (action) => {
      calls.set(action, (calls.get(action) ?? 0) + 1);
    });
    t.after(() => recorder.close());
    for (const command of ['doctor', 'status']) {
      calls.clear();
      const args = [command, '--stack-name', 'edge-upload'];
      const { code, stdout } = await operator.run(args, { env: { AWS_ENDPOINT_URL: recorder.endpoint } });
      assert.equal(code, 0, stdout);
      for (const action of ['DescribeStacks', 'GetTemplate', 'ListStackResources'])
        assert.equal(calls.get(`cloudformation:${action}`), 1, `${command}: ${action}`);
    }
  });
});

test('user groups names the changes that were made before a denied call', async (t) => {
  await withCloud(async (computer, cloud) => {
    await computer.json<DeployedStack>(['deploy', '--local', '--yes']);
    const username = await signIn(computer);
    const { operator } = await operatorOf(computer, cloud);
    const denied = new Set<string>();
    let added = 0;
    const recorder = await startRecorder(
      cloud,
      async (action) => {
        if (action !== 'cognito-idp:AdminAddUserToGroup') return;
        added += 1;
        if (added === 2) denied.add(action);
      },
      denied,
    );
    t.after(() => recorder.close());
    const change = async (...args: readonly string[]) => {
      const named = ['user', 'groups', username, ...args, '--stack-name', 'edge-upload'];
      return operator.run(named, { env: { AWS_ENDPOINT_URL: recorder.endpoint } });
    };
    const partly = await change('--add', 'a', '--add', 'b', '--create');
    assert.equal(partly.code, 8, partly.stderr);
    assert.match(
      partly.stderr,
      /AdminAddUserToGroup\. Done before: created a, created b, added to a\. Not done: added to b\./,
    );
    denied.clear();
    denied.add('cognito-idp:AdminListGroupsForUser');
    const unread = await change('--add', 'b', '--remove', 'a');
    assert.equal(unread.code, 8, unread.stderr);
    assert.match(unread.stderr, /The groups of \S+ were changed\. .*AdminListGroupsForUser\./);
    denied.clear();
    const { stdout } = await change();
    assert.equal(stdout.trim(), 'b');
  });
});

test('link revoke and key rotate report what they do without permission to read records', async (t) => {
  await withCloud(async (computer, cloud) => {
    await computer.json<DeployedStack>(['deploy', '--local', '--yes']);
    const link = ['link', 'create', '--prefix', 'a/', '--yes'];
    const [first, second] = [await computer.json<Link>(link), await computer.json<Link>(link)];
    const { operator } = await operatorOf(computer, cloud);
    const denied = new Set<string>();
    let deniedLater: string | undefined;
    const recorder = await startRecorder(
      cloud,
      async (action) => {
        if (action === 'cloudformation:ExecuteChangeSet' && deniedLater !== undefined)
          denied.add(deniedLater);
      },
      denied,
    );
    t.after(() => recorder.close());
    const env = { AWS_ENDPOINT_URL: recorder.endpoint };
    const run = (...args: readonly string[]) =>
      operator.run([...args, '--stack-name', 'edge-upload', '--yes'], { env });

    deniedLater = 's3:GetObject';
    const rotated = await run('key', 'rotate', '--json');
    assert.equal(rotated.code, 8, rotated.stdout + rotated.stderr);
    assert.equal(JSON.parse(rotated.stdout).outcome, 'rotated');
    assert.match(
      rotated.stderr,
      /Links and keys that were created meanwhile may stop early, at .* UTC\. .*s3:GetObject.*edge-upload policy/s,
    );

    assert.ok(denied.has('s3:GetObject'));
    const refused = await run('link', 'revoke', first.id);
    assert.equal(refused.code, 8, refused.stderr);
    const byForce = `link revoke ${first.id} .*--force`;
    assert.match(
      refused.stderr,
      new RegExp(`s3:GetObject.*edge-upload policy.*Without a record, revoke it with:\\n.*${byForce}`, 's'),
    );
    const revoked = await run('link', 'revoke', first.id, '--force');
    assert.equal(revoked.code, 0, revoked.stderr);
    assert.match(revoked.stdout, new RegExp(`Revoked the link ${first.id}`));
    const { links } = await computer.json<{ links: readonly (Link & { state: string })[] }>(['link', 'list']);
    assert.deepEqual(
      [first, second].map(({ id }) => links.find((one) => one.id === id)?.state),
      ['revoked', 'active'],
    );
  });
});
