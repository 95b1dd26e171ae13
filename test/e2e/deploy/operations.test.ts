import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type AwsClients, awsClients } from '../aws-clients.ts';
import {
  awsEnv,
  CLI,
  type Computer,
  type DeployedStack,
  exitCode,
  otherOperator,
  setFaults,
  signIn,
  withCloud,
  wrongClock,
} from '../harness.ts';
import { startRecorder } from '../recorder.ts';

/** Days. */
const YEAR = 365;

/** A description with the beginning that marks stacks of edge-upload. */
const OURS = 'edge-upload: made by hand for a test';

const BUCKET = { Type: 'AWS::S3::Bucket' };
/** A resource that cannot be created, because its bucket does not exist. */
const IMPOSSIBLE = {
  Type: 'AWS::S3::BucketPolicy',
  Properties: { Bucket: 'there-is-no-such-bucket', PolicyDocument: { Version: '2012-10-17', Statement: [] } },
};

const template = (Resources: object, Description = OURS) => JSON.stringify({ Description, Resources });

async function statusOf({ cloudformation }: AwsClients, StackName: string): Promise<string | undefined> {
  try {
    return (await cloudformation.describeStacks({ StackName })).Stacks?.[0]?.StackStatus;
  } catch (error) {
    if (error instanceof Error && error.message.includes('does not exist')) return undefined;
    throw error;
  }
}

async function untilStatus(hands: AwsClients, name: string, wanted: string): Promise<void> {
  for (;;) {
    const status = await statusOf(hands, name);
    if (status === wanted) return;
    assert.match(status ?? 'none', /_IN_PROGRESS$/, `${name} came to ${status}, not to ${wanted}`);
  }
}

interface Failed {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

async function refused(
  computer: Computer,
  args: readonly string[],
  exitCode: number,
): Promise<Failed['error']> {
  const { code, stdout, stderr } = await computer.run([...args, '--json']);
  assert.equal(code, exitCode, `${args.join(' ')}\n${stdout}${stderr}`);
  return (JSON.parse(stdout) as Failed).error;
}

interface Planned {
  readonly outcome: string;
  readonly plan: readonly { readonly what: string; readonly type: string }[];
}

test('shows the plan in a dry run, and leaves nothing, not even a planned stack', async (t) => {
  await withCloud(async (computer, cloud) => {
    const hands = awsClients(t, cloud);
    const { outcome, plan } = await computer.json<Planned>(['deploy', '--local', '--dry-run']);
    assert.equal(outcome, 'planned');
    assert.deepEqual(
      plan.map(({ what, type }) => `${what} ${type}`).sort(),
      [
        'AWS::Cognito::UserPool',
        'AWS::Cognito::UserPoolClient',
        'AWS::S3::Bucket',
        'AWS::S3::BucketPolicy',
      ].map((type) => `add ${type}`),
    );
    assert.equal(await statusOf(hands, 'edge-upload'), undefined);
    const shown = await computer.run(['deploy', '--local', '--dry-run']);
    assert.match(shown.stdout, /\+ add +user pool\n/);
  });
});

test('neither overwrites nor destroys foreign stacks', async (t) => {
  await withCloud(async (computer, cloud) => {
    const hands = awsClients(t, cloud);
    await hands.cloudformation.createStack({
      StackName: 'theirs',
      TemplateBody: template({ Bucket: BUCKET }, 'a site of somebody else'),
    });
    await untilStatus(hands, 'theirs', 'CREATE_COMPLETE');
    const deploy = await refused(computer, ['deploy', '--local', '--stack-name', 'theirs'], 8);
    assert.equal(deploy.code, 'stack_foreign');
    assert.match(deploy.hint, /--stack-name/);
    const destroy = await refused(computer, ['destroy', '--local', '--yes', '--stack-name', 'theirs'], 8);
    assert.equal(destroy.code, 'stack_foreign');
    assert.equal(await statusOf(hands, 'theirs'), 'CREATE_COMPLETE');
  });
});

test('recovers from every state of a stack', async (t) => {
  await withCloud(async (computer, cloud) => {
    const hands = awsClients(t, cloud);
    const { cloudformation, s3 } = hands;

    await t.test('a planned stack', async () => {
      await cloudformation.createChangeSet({
        StackName: 'planned',
        ChangeSetName: 'first',
        ChangeSetType: 'CREATE',
        TemplateBody: template({ Bucket: BUCKET }),
      });
      await untilStatus(hands, 'planned', 'REVIEW_IN_PROGRESS');
      const early = await refused(
        computer,
        ['link', 'create', '--local', '--yes', '--stack-name', 'planned'],
        8,
      );
      assert.match(early.message, /no edge: it is REVIEW_IN_PROGRESS/);
      await computer.json<DeployedStack>(['deploy', '--local', '--yes', '--stack-name', 'planned']);
      assert.equal(await statusOf(hands, 'planned'), 'UPDATE_COMPLETE');
    });

    await t.test('a failed creation', async () => {
      await cloudformation.createStack({
        StackName: 'failed',
        TemplateBody: template({ Bucket: BUCKET, Policy: IMPOSSIBLE }),
      });
      await untilStatus(hands, 'failed', 'ROLLBACK_COMPLETE');
      for (const args of [
        ['link', 'create'],
        ['trust', 'gcp', '123456789012345678901'],
      ]) {
        const early = await refused(computer, [...args, '--local', '--yes', '--stack-name', 'failed'], 8);
        assert.match(
          `${early.message} ${early.hint}`,
          /no edge: it is ROLLBACK_COMPLETE.*edge-upload deploy/s,
        );
      }
      const planned = await refused(
        computer,
        ['deploy', '--local', '--dry-run', '--stack-name', 'failed'],
        8,
      );
      assert.match(planned.message, /Nothing was changed/);
      assert.equal(await statusOf(hands, 'failed'), 'ROLLBACK_COMPLETE', 'a dry run removes nothing');
      const { code, stderr } = await computer.run(['deploy', '--local', '--yes', '--stack-name', 'failed']);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /its remaining resources are deleted first/);
      assert.equal(await statusOf(hands, 'failed'), 'UPDATE_COMPLETE');
    });

    await t.test('a stopped update', async () => {
      const good = template({ Bucket: BUCKET });
      await cloudformation.createStack({ StackName: 'halfway', TemplateBody: good });
      await untilStatus(hands, 'halfway', 'CREATE_COMPLETE');
      await cloudformation.updateStack({
        StackName: 'halfway',
        TemplateBody: template({ Bucket: BUCKET, Policy: IMPOSSIBLE }),
        DisableRollback: true,
      });
      await untilStatus(hands, 'halfway', 'UPDATE_FAILED');
      const args = ['deploy', '--local', '--yes', '--stack-name', 'halfway'];
      const loses = await refused(computer, args, 2);
      assert.match(loses.message, /loses data: the bucket/);
      assert.match(
        loses.hint,
        /\n +edge-upload deploy --local --yes --stack-name halfway --json --allow-data-loss\n/,
      );
      await cloudformation.updateStack({
        StackName: 'halfway',
        TemplateBody: template({ Bucket: BUCKET, Policy: IMPOSSIBLE }),
        DisableRollback: true,
      });
      await untilStatus(hands, 'halfway', 'UPDATE_FAILED');
      const { code, stderr } = await computer.run([...args, '--allow-data-loss']);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /got stuck \(UPDATE_FAILED\); it is rolled back first/);
      assert.match(
        stderr,
        /warning: THE BUCKET IS REMOVED/,
        'the earlier bucket, which no template contains',
      );
      assert.equal(await statusOf(hands, 'halfway'), 'UPDATE_COMPLETE');
    });

    await t.test('a failed deletion, which destroy completes', async () => {
      await cloudformation.createStack({ StackName: 'undead', TemplateBody: template({ Bucket: BUCKET }) });
      await untilStatus(hands, 'undead', 'CREATE_COMPLETE');
      const { StackResources } = await cloudformation.describeStackResources({ StackName: 'undead' });
      const Bucket = StackResources?.[0]?.PhysicalResourceId ?? '';
      await s3.putObject({ Bucket, Key: 'left', Body: 'x' });
      await cloudformation.deleteStack({ StackName: 'undead' });
      await untilStatus(hands, 'undead', 'DELETE_FAILED');
      const error = await refused(computer, ['deploy', '--local', '--stack-name', 'undead'], 8);
      assert.match(error.message, /DELETE_FAILED/);
      assert.match(error.hint, /edge-upload destroy/);
      const destroyed = await computer.run(['destroy', '--local', '--yes', '--stack-name', 'undead']);
      assert.equal(destroyed.code, 0, destroyed.stderr);
      assert.equal(await statusOf(hands, 'undead'), undefined);
      assert.deepEqual(
        (await s3.listBuckets()).Buckets?.filter(({ Name }) => Name === Bucket),
        [],
      );
    });

    await t.test('deletes one of two deployments, and keeps the other', async () => {
      const one = await computer.json<{ url: string }>(['status', '--stack-name', 'planned']);
      const other = await computer.json<{ url: string }>(['status', '--stack-name', 'failed']);
      assert.notEqual(one.url, other.url);
      await signIn(computer);
      assert.equal((await computer.run(['destroy', '--yes', '--stack-name', 'planned'])).code, 0);
      const doctor = await computer.run(['doctor', '--stack-name', 'failed']);
      assert.equal(doctor.code, 0, doctor.stdout);
      assert.equal((await computer.run(['destroy', '--yes', '--stack-name', 'failed'])).code, 0);
      assert.equal((await computer.run(['destroy', '--yes', '--stack-name', 'halfway'])).code, 0);
      assert.deepEqual((await s3.listBuckets()).Buckets, []);
    });
  });
});

test('joins a running operation', async (t) => {
  await withCloud(
    async (computer, cloud) => {
      const hands = awsClients(t, cloud);
      let looks = 0;
      // Another operation starts just before the first call.
      const recorder = await startRecorder(cloud, async (action) => {
        if (action !== 'cloudformation:DescribeStacks') return;
        looks += 1;
        if (looks !== 1) return;
        await hands.cloudformation.createStack({
          StackName: 'busy',
          TemplateBody: template({ Bucket: BUCKET }),
        });
      });
      try {
        const env = {
          ...awsEnv(computer, cloud),
          AWS_ENDPOINT_URL: recorder.endpoint,
        };
        const args = ['deploy', '--dry-run', '--stack-name', 'busy', '--json'];
        const { code, stdout, stderr } = await computer.run(args, { env });
        assert.equal(code, 0, stderr);
        assert.match(stderr, /is busy \(CREATE_IN_PROGRESS\); waiting until it is done/);
        assert.match(stderr, /bucket created/);
        assert.ok((JSON.parse(stdout) as Planned).plan.some(({ what }) => what === 'remove'));
      } finally {
        await recorder.close();
      }
    },
    { EDGE_UPLOAD_LOCAL_FAULTS: JSON.stringify({ resourceDelayMs: 2000 }) },
  );
});

test('a deploy that changes nothing calls no operation of AWS twice', async () => {
  await withCloud(async (computer, cloud) => {
    await computer.json(['deploy', '--local', '--yes']);
    const asked: string[] = [];
    const recorder = await startRecorder(cloud, async (action) => void asked.push(action));
    try {
      // With the embedded cloud as AWS, from a computer without the deployment.
      const other = await otherOperator(computer, cloud, recorder);
      const { code, stderr } = await other.run(['deploy', '--stack-name', 'edge-upload', '--json']);
      assert.equal(code, 0, stderr);
    } finally {
      await recorder.close();
    }
    const once = asked.filter((action) => !action.startsWith('logs:'));
    assert.deepEqual(once, [...new Set(once)]);
    assert.ok(once.includes('cloudformation:DescribeStacks'));
  });
});

interface Destroyed {
  readonly outcome: string;
  readonly functions: readonly string[];
  readonly left: readonly string[];
  readonly kept: readonly { readonly type: string; readonly name: string }[];
}

test('destroy keeps the data on request, and the function with --no-wait', async (t) => {
  await withCloud(
    async (computer, cloud) => {
      const { s3 } = awsClients(t, cloud);
      await computer.json(['deploy', '--local']);
      await signIn(computer);
      await writeFile(join(computer.home, 'a.txt'), 'kept');
      assert.equal((await computer.run(['put', 'a.txt'])).code, 0);

      const { outputs } = await computer.json<DeployedStack>(['status']);
      const Bucket = outputs.S3BucketName;
      const gone = await computer.json<Destroyed>(['destroy', '--yes', '--keep-data', '--no-wait']);
      assert.deepEqual(gone.kept, [{ type: 'bucket', name: Bucket }]);
      assert.equal(gone.left.length, 1);
      const { Body } = await s3.getObject({ Bucket, Key: 'a.txt' });
      assert.equal(await Body?.transformToString(), 'kept');

      type Status = { status: string; leftovers: { removed: string[]; left: string[] } };
      let status = await computer.json<Status>(['status']);
      assert.deepEqual(status.leftovers.left, gone.left);
      await setFaults(cloud, {});
      while (status.leftovers.left.length > 0) status = await computer.json<Status>(['status']);
      assert.equal(status.status, 'gone');
      assert.deepEqual(status.leftovers.removed, gone.left);
      const { kept } = await computer.json<{ kept: object[] }>(['status']);
      assert.deepEqual(kept, [{ type: 'bucket', name: Bucket, holds: '1 object, 4 B' }]);
    },
    { EDGE_UPLOAD_LOCAL_FAULTS: JSON.stringify({ replicasHeldMs: 3_600_000 }) },
  );
});

interface Diagnosis {
  readonly healthy: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly state: string;
    readonly error?: { readonly code: string; readonly hint: string };
  }[];
}

test('doctor finds problems, and status lists what exists', async (t) => {
  await withCloud(async (computer, cloud) => {
    const hands = awsClients(t, cloud);
    await computer.json(['deploy', '--local']);
    const state = async () => {
      const { code, stdout } = await computer.run(['doctor', '--json']);
      const { checks, healthy } = JSON.parse(stdout) as Diagnosis;
      assert.equal(healthy, code === 0);
      return { code, of: (name: string) => checks.find((check) => check.name === name) };
    };

    const unsigned = await state();
    assert.equal(unsigned.code, 0);
    assert.equal(unsigned.of('token')?.state, 'skipped');
    await signIn(computer);
    const well = await state();
    for (const name of [
      'credentials',
      'stack',
      'edge over IPv4',
      'edge',
      'clock',
      'refused probe',
      'accepted probe',
    ]) {
      assert.equal(well.of(name)?.state, 'ok', name);
    }
    const { outputs } = await computer.json<DeployedStack>(['status']);
    const { Uploads } = await hands.s3.listMultipartUploads({ Bucket: outputs.S3BucketName });
    assert.deepEqual(Uploads ?? [], [], 'the accepted probe leaves no upload open');

    const template = await computer.json<{ Resources: object }>(['synth']);
    const status = await computer.json<{ users: number; objects: number; differing: string[] }>(['status']);
    assert.deepEqual([status.users, status.objects, status.differing], [1, 0, []]);
    assert.ok(Object.keys(template.Resources).length > 8, 'the whole template');

    // The pool was deleted outside edge-upload: nobody can sign in, and the stored token cannot be renewed.
    await computer.json(['logout']);
    await hands.cloudformation.deleteStack({ StackName: 'edge-upload' });
    for (;;) if ((await statusOf(hands, 'edge-upload')) === undefined) break;
    const ill = await state();
    assert.equal(ill.of('stack')?.error?.code, 'stack_missing');
    assert.match(ill.of('stack')?.error?.hint ?? '', /edge-upload deploy/);
    assert.equal(ill.of('edge')?.error?.code, 'unreachable');
  });
});

test('logs show refusals, and are deleted with the function', async () => {
  await withCloud(async (computer) => {
    const { url } = await computer.json<DeployedStack>(['deploy', '--local']);
    await signIn(computer);
    await writeFile(join(computer.home, 'a.txt'), 'a');
    const refusedPut = await computer.run(['put', 'a.txt', '--as', 'a.txt'], {
      env: { EDGE_UPLOAD_URL: url, EDGE_UPLOAD_TOKEN: 'eyJhbGciOiJub25lIn0.e30.c2VjcmV0' },
    });
    assert.equal(refusedPut.code, 4);
    const { stdout, code } = await computer.run(['logs', '--since', '10m', '--json']);
    assert.equal(code, 0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(lines.at(-1).type, 'summary');
    assert.ok(lines.some(({ refused }) => refused?.code === 'unknown_issuer' && refused.method === 'GET'));
    assert.ok(!stdout.includes('c2VjcmV0'), 'no part of a token is in a log');
    for (const time of ['yesterday-ish', '5', 'May 3', '12:00', '2026-13-01', '2026-11-23T12:00PST'])
      assert.equal((await refused(computer, ['logs', '--since', time], 2)).code, 'usage');
    // Commands print and read times in UTC, in every time zone.
    for (const [typed, since] of [
      ['2026-11-23 12:00', '2026-11-23T12:00:00.000Z'],
      ['2026-11-23', '2026-11-23T00:00:00.000Z'],
      ['2026-11-23T12:00:01.5+09:00', '2026-11-23T03:00:01.500Z'],
      ['99999999d', '1970-01-01T00:00:00.000Z'],
    ] as const) {
      const shown = await computer.built.run(['logs', '--since', typed, '--json'], {
        env: { TZ: 'Asia/Tokyo' },
      });
      assert.equal(JSON.parse(shown.stdout.trim().split('\n').at(-1) ?? '').since, since, shown.stderr);
    }

    // The clock of the computer can be years ahead or behind.
    for (const clock of [{}, wrongClock(3 * YEAR), wrongClock(-3 * YEAR)]) {
      const following = spawn(process.execPath, [CLI, 'logs', '--since', '10m', '--follow'], {
        env: { ...computer.env, ...clock },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let followed = '';
      let refusals = 0;
      for await (const chunk of following.stdout.iterator({ destroyOnReturn: false })) {
        followed += chunk;
        const before = refusals;
        refusals = followed.split(/401 +(?:invalid_token|unknown_issuer)/).length - 1;
        // First the earlier refusals, then the one that arrives while the command follows the log.
        if (before > 0 && refusals > before) break;
        if (before === 0 && refusals > 0)
          await computer.run(['put', 'a.txt'], { env: { EDGE_UPLOAD_URL: url, EDGE_UPLOAD_TOKEN: 'a.b.c' } });
      }
      following.stdout.resume();
      following.kill('SIGINT');
      assert.equal(await exitCode(following), 130);
    }
    assert.equal((await computer.run(['destroy', '--yes'])).code, 0);
  });
});
