import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { deniedIn } from '../../live/operator.ts';
import { PROBES } from '../../live/probes/all.ts';
import { createRedactor } from '../../live/redact.ts';
import type { Results } from '../../live/results.ts';
import {
  awsEnv,
  type Computer,
  type LocalStatus,
  setFaults,
  WITH_FAULTS,
  withCloud,
} from '../e2e/harness.ts';
import { runProgram } from '../support/programs.ts';

const ROOT = join(import.meta.dirname, '../..');
const ACCOUNT = '000000000000';

/** CloudFront has copies for so long after a deletion, or until the test lets go of them. */
const HELD_MS = 3_600_000;

/** Runs a script of live/ as if the embedded cloud were AWS. */
function scriptsOf(computer: Computer, cloud: LocalStatus) {
  const env = { ...awsEnv(computer, cloud), NODE_EXTRA_CA_CERTS: cloud.caFile, EDGE_UPLOAD_LIVE: ACCOUNT };
  const command = (name: string) => ['--import', 'tsx', join(ROOT, `live/${name}.ts`)];
  return {
    run: (name: string, args: readonly string[] = [], more: NodeJS.ProcessEnv = {}) =>
      runProgram(process.execPath, [...command(name), ...args], { cwd: ROOT, env: { ...env, ...more } }),
    start: (name: string, args: readonly string[]) =>
      spawn(process.execPath, [...command(name), ...args], {
        cwd: ROOT,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
  };
}

test('every probe holds at the embedded cloud, and nothing that was made is left', async () => {
  await withCloud(async (computer, cloud) => {
    const { run } = scriptsOf(computer, cloud);
    const output = join(computer.home, 'results.json');
    const ran = await run('main', ['--yes', '--output', output]);
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    const text = await readFile(output, 'utf8');
    const { target, verdicts } = JSON.parse(text) as Results;
    assert.equal(target, 'embedded');
    assert.deepEqual(
      verdicts.map(({ name, verdict }) => [name, verdict]).sort(),
      [
        ...PROBES.map(({ name, notHere }) => [name, notHere === undefined ? 'confirmed' : 'not run']),
        ['operator-policy', 'confirmed'],
      ].sort(),
    );
    for (const secret of [cloud.secretAccessKey, ACCOUNT, computer.home, 'eyJ', 'eul_']) {
      assert.equal(text.includes(secret), false, secret);
    }
    const swept = await run('sweep', ['--all']);
    assert.deepEqual([swept.code, swept.stdout], [0, 'Nothing is left.\n'], swept.stderr);

    // A result is held against another one.
    const changed = join(computer.home, 'other.json');
    await writeFile(changed, text.replaceAll('"first": 200', '"first": 201'));
    assert.equal((await run('diff', [output, output])).stdout, 'No difference.\n');
    const differing = await run('diff', [output, changed]);
    assert.match(differing.stdout, /if-none-match-reaches-s3: first is 200 there, 201 here/);
    assert.equal(differing.code, 1);
  });
});

test('without a statement of the operator’s policy, the run ends with the name of the call', async () => {
  await withCloud(async (computer, cloud) => {
    const { run } = scriptsOf(computer, cloud);
    for (const [statement, message] of [
      ['MakeBucket', /^error: The operator's policy lacks s3:CreateBucket\b/m],
      ['MakeUserPool', /^error: The operator's policy lacks cognito-idp:\w+/m],
    ] as const) {
      const output = join(computer.home, `${statement}.json`);
      const args = ['--yes', '--only', 'bucket-is-unreadable', '--without', statement, '--output', output];
      const ran = await run('main', args);
      assert.equal(ran.code, 1, ran.stdout + ran.stderr);
      assert.match(ran.stderr, message);
      const { verdicts } = JSON.parse(await readFile(output, 'utf8')) as Results;
      assert.equal(verdicts.find(({ name }) => name === 'operator-policy')?.verdict, 'differs');
    }
    const unknown = await run('main', ['--yes', '--without', 'Nothing']);
    assert.deepEqual([unknown.code, unknown.stdout], [2, '']);
    assert.match(unknown.stderr, /The operator's policy has no statement “Nothing”/);
    assert.equal((await run('sweep', ['--all'])).stdout, 'Nothing is left.\n');
  });
});

test('another account, no confirmation and an unknown probe change nothing', async () => {
  await withCloud(async (computer, cloud) => {
    const { run } = scriptsOf(computer, cloud);
    for (const [args, env, message] of [
      [
        ['--yes'],
        { EDGE_UPLOAD_LIVE: '123456789012' },
        /of the account 000000000000, and EDGE_UPLOAD_LIVE names 123456789012/,
      ],
      [['--yes'], { EDGE_UPLOAD_LIVE: 'mine' }, /12 digits/],
      [[], {}, /needs confirmation; add --yes/],
      [['--yes', '--only', 'nothing'], {}, /no probe “nothing”/],
    ] as const) {
      const refused = await run('main', args, env);
      assert.equal(refused.code, 2, refused.stdout);
      assert.match(refused.stderr, message);
    }
    assert.match((await computer.run(['status', '--local'])).stderr, /no stack|no deployment/i);
  });
});

test('what an interrupted run left is swept, in several runs while CloudFront has copies', async () => {
  await withCloud(async (computer, cloud) => {
    const { run, start } = scriptsOf(computer, cloud);
    const live = start('main', ['--yes', '--only', 'body-may-pause']);
    live.stderr.setEncoding('utf8');
    let said = '';
    const pausing = new Promise<void>((resolve) => {
      live.stderr.on('data', (text: string) => {
        said += text;
        if (said.includes('body-may-pause…')) resolve();
      });
    });
    live.stdout.resume();
    await Promise.race([pausing, once(live, 'close')]);
    live.kill('SIGINT');
    const [code] = await once(live, 'close');
    assert.equal(code, 130, said);
    assert.match(said, /Interrupted: edge-upload-live-\d{6}-[0-9a-f]{5} is left/);

    // It has not expired, and what has no tag of the kind is nobody's to sweep.
    const early = await run('sweep');
    assert.deepEqual([early.code, early.stdout], [0, 'Nothing is left.\n']);
    await setFaults(cloud, { resourceDelayMs: 0, replicasHeldMs: HELD_MS });
    const first = await run('sweep', ['--all']);
    assert.equal(first.code, 1, first.stdout + first.stderr);
    assert.match(first.stderr, /EdgeFunction\S* stays for now: /);
    await setFaults(cloud, { resourceDelayMs: 0 });
    await setFaults(cloud, { resourceDelayMs: 0, replicasHeldMs: 0 });
    const last = await run('sweep', ['--all']);
    assert.equal(last.code, 0, last.stdout + last.stderr);
    assert.match(last.stdout, /Deleted the function edge-upload-live-/);
    assert.equal((await run('sweep', ['--all'])).stdout, 'Nothing is left.\n');
  }, WITH_FAULTS);
});

test('a denied call is named from the message of AWS or of the command line', () => {
  for (const [text, call] of [
    [
      'bucket policy could not be created: "User: arn:aws:sts::0:assumed-role/a/b is not authorized to perform: s3:PutBucketPolicy on resource: arn:aws:s3:::b because no identity-based policy allows it"',
      's3:PutBucketPolicy on arn:aws:s3:::b',
    ],
    ['is not authorized to perform: cognito-idp:ListUsers', 'cognito-idp:ListUsers'],
    ['a does not have the permissions to deploy: s3:CreateBucket, s3:PutBucketPolicy.', 's3:CreateBucket'],
    ['signing key: not allowed to read its state (kms:DescribeKey)', 'kms:DescribeKey'],
    ['IAM reports that these actions are not allowed: logs:DeleteLogGroup.', 'logs:DeleteLogGroup'],
    ['Checking permissions: all that an operator needs', undefined],
    ['not allowed. See https://a.example/s3:PutObject', undefined],
  ] as const) {
    assert.equal(deniedIn(text), call);
  }
});

test('results hold no secret, whatever was said', () => {
  const redact = createRedactor({ password: 'hunter2!', bucket: 'my-bucket', pool: undefined, short: 'a' });
  for (const [text, redacted] of [
    ['hunter2! of a', '<password> of a'],
    ['{"token":"eyJhbGciOi.eyJzdWIi.c2ln"}', '{"token":"<token>"}'],
    ['#eul_eyJhbGci.eyJzdWI.c2ln', '#<link or key>'],
    ['AKIAIOSFODNN7EXAMPLE of 123456789012', '<access key> of <account>'],
    ['arn:aws:s3:::my-bucket/a', '<ARN>'],
    ['s3://my-bucket/a', 's3://<bucket>/a'],
  ] as const) {
    assert.equal(redact(text), redacted);
  }
});
