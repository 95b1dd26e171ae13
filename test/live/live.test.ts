import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { deniedIn, POLICY_VERDICT } from '../../live/operator.ts';
import { reasonNotToRun } from '../../live/probe.ts';
import { PROBES } from '../../live/probes/all.ts';
import type { Results } from '../../live/results.ts';
import { openAuthority } from '../../local/tls/authority.ts';
import { openGitHub, REQUEST_TOKEN } from '../action/github.ts';
import {
  awsEnv,
  type Computer,
  exitCode,
  type LocalStatus,
  setFaults,
  WITH_FAULTS,
  withCloud,
} from '../e2e/harness.ts';
import { TOKEN_IN_TEXT } from '../support/keys/forge.ts';
import { runProgram } from '../support/programs.ts';
import { workerArgs } from '../support/run/worker.ts';

const ROOT = join(import.meta.dirname, '../..');
const ACCOUNT = '000000000000';

/** Milliseconds for which CloudFront keeps replicas after a deletion, unless the test ends them earlier. */
const HELD_MS = 3_600_000;

type Script = 'main' | 'sweep' | 'diff';

/** Runs a script of live/ as if the embedded cloud were AWS. */
function scriptsOf(computer: Computer, cloud: LocalStatus) {
  const env = { ...awsEnv(computer, cloud), NODE_EXTRA_CA_CERTS: cloud.caFile, EDGE_UPLOAD_LIVE: ACCOUNT };
  return {
    run: (name: Script, args: readonly string[] = [], more: NodeJS.ProcessEnv = {}) =>
      runProgram(process.execPath, workerArgs(`live/${name}`, ...args), {
        cwd: ROOT,
        env: { ...env, ...more },
      }),
    /** Starts a run, and presses Ctrl-C as soon as it prints `cue`. Returns its exit code and what it printed. */
    async interrupt(cue: RegExp, args: readonly string[]) {
      const live = spawn(process.execPath, workerArgs('live/main', ...args), {
        cwd: ROOT,
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      live.stderr.setEncoding('utf8').on('data', (text: string) => {
        const isSent = cue.test(said);
        said += text;
        if (!isSent && cue.test(said)) live.kill('SIGINT');
      });
      await once(live.stderr, 'close');
      return { code: await exitCode(live), said };
    },
  };
}

type Scripts = ReturnType<typeof scriptsOf>;

test('the live suite against the embedded cloud', async (t) => {
  await withCloud(async (computer, cloud) => {
    const scripts = scriptsOf(computer, cloud);
    const { run } = scripts;
    await t.test(
      'changes nothing in another account, without confirmation or for an unknown probe',
      async () => {
        await refusedRuns(scripts);
        assert.match((await computer.run(['status', '--local'])).stderr, /no stack|nothing was deployed/i);
      },
    );
    const authority = await openAuthority({ dir: dirname(cloud.caFile), now: () => new Date() });
    const github = await openGitHub(t, await authority.serverCertificate([]));
    await t.test('passes every probe, and leaves nothing', () =>
      wholeRun(scripts, { computer, cloud, job: jobOf(github.address) }),
    );
    await t.test('ends with the name of the call if the operator’s policy denies it', () =>
      runsWithout(scripts, computer),
    );
    assert.equal((await run('sweep', ['--all'])).stdout, 'Nothing is left.\n');
    await t.test('sweeps what Ctrl-C left at any point, over several runs while copies remain', () =>
      interruptedRuns(scripts, cloud),
    );
  }, WITH_FAULTS);
});

async function refusedRuns({ run }: Scripts): Promise<void> {
  for (const [args, env, message] of [
    [
      ['--yes'],
      { EDGE_UPLOAD_LIVE: '123456789012' },
      /to account 000000000000, but EDGE_UPLOAD_LIVE names 123456789012/,
    ],
    [['--yes'], { EDGE_UPLOAD_LIVE: 'mine' }, /12 digits/],
    [[], {}, /needs confirmation\. Add --yes/],
    [['--yes', '--only', 'nothing'], {}, /no probe “nothing”/],
  ] as const) {
    const refused = await run('main', args, env);
    assert.equal(refused.code, 2, refused.stdout);
    assert.match(refused.stderr, message);
  }
}

/** The environment of a job, with which probes that have `needs` run too. */
function jobOf(address: string): NodeJS.ProcessEnv {
  return {
    GITHUB_ACTIONS: 'true',
    GITHUB_SERVER_URL: address,
    GITHUB_REPOSITORY: 'acme/app',
    GITHUB_REPOSITORY_ID: '67890',
    GITHUB_REPOSITORY_OWNER_ID: '12345',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${address}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
  };
}

interface WholeRun {
  readonly computer: Computer;
  readonly cloud: LocalStatus;
  readonly job: NodeJS.ProcessEnv;
}

async function wholeRun({ run }: Scripts, { computer, cloud, job }: WholeRun): Promise<void> {
  const output = join(computer.home, 'results.json');
  const ran = await run('main', ['--yes', '--output', output], job);
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  const text = await readFile(output, 'utf8');
  const { target, verdicts } = JSON.parse(text) as Results;
  assert.equal(target, 'embedded');
  assert.deepEqual(
    verdicts.map(({ name, verdict }) => [name, verdict]).sort(),
    [
      ...PROBES.map(({ name, notHere }) => [name, notHere === undefined ? 'confirmed' : 'not run']),
      [POLICY_VERDICT, 'confirmed'],
    ].sort(),
  );
  for (const { name, notHere } of PROBES) {
    const { reason } = verdicts.find((one) => one.name === name) ?? {};
    assert.equal(reason, notHere && `not run here: ${notHere}`, name);
  }
  for (const secret of [cloud.secretAccessKey, ACCOUNT, computer.home, 'eul_', REQUEST_TOKEN]) {
    assert.equal(text.includes(secret), false, secret);
  }
  assert.doesNotMatch(text, TOKEN_IN_TEXT);
  const swept = await run('sweep', ['--all']);
  assert.deepEqual([swept.code, swept.stdout], [0, 'Nothing is left.\n'], swept.stderr);

  const changed = join(computer.home, 'other.json');
  await writeFile(changed, text.replaceAll('"first": 200', '"first": 201'));
  const [differing, missing] = await Promise.all([run('diff', [output, changed]), run('diff', [output])]);
  assert.match(differing.stdout, /if-none-match-reaches-s3: first is 200 there, 201 here/);
  assert.equal(differing.code, 1);
  assert.deepEqual([missing.code, missing.stderr], [2, 'error: Name two result files.\n']);
}

async function runsWithout({ run }: Scripts, computer: Computer): Promise<void> {
  const denied = [
    ['MakeBucket', /^error: The operator's policy lacks s3:CreateBucket\b/m],
    ['MakeUserPool', /^error: The operator's policy lacks cognito-idp:\w+/m],
  ] as const;
  await Promise.all(
    denied.map(async ([statement, message]) => {
      const output = join(computer.home, `${statement}.json`);
      const args = ['--yes', '--only', 'bucket-is-unreadable', '--without', statement, '--output', output];
      const ran = await run('main', args);
      assert.equal(ran.code, 1, ran.stdout + ran.stderr);
      assert.match(ran.stderr, message);
      const { verdicts } = JSON.parse(await readFile(output, 'utf8')) as Results;
      assert.equal(verdicts.find(({ name }) => name === POLICY_VERDICT)?.verdict, 'differs');
    }),
  );
  const unknown = await run('main', ['--yes', '--without', 'Nothing']);
  assert.deepEqual([unknown.code, unknown.stdout], [2, '']);
  assert.match(unknown.stderr, /The operator's policy has no statement “Nothing”/);
}

/** The first output of a run when it deploys, probes, and destroys. */
const CUES = [/ Creating |CREATE|created$/m, /bucket-is-unreadable…/, /^Destroying edge-upload-live-/m];

async function interruptedRuns({ run, interrupt }: Scripts, cloud: LocalStatus): Promise<void> {
  await setFaults(cloud, { resourceDelayMs: 0, replicasHeldMs: HELD_MS });
  const args = ['--yes', '--only', 'bucket-is-unreadable'];
  const stopped = await Promise.all(CUES.map((cue) => interrupt(cue, args)));
  for (const { code, said } of stopped) {
    assert.equal(code, 130, said);
    assert.match(said, /^Interrupted: edge-upload-live-\d{6}-[0-9a-f]{5} was not deleted/m);
  }

  // The resource has not expired, and resources without the tag are never swept.
  const early = await run('sweep');
  assert.deepEqual([early.code, early.stdout], [0, 'Nothing is left.\n'], early.stderr);
  for (const _attempt of ['deletes the stacks', 'finds the same copies again']) {
    const swept = await run('sweep', ['--all']);
    assert.equal(swept.code, 1, swept.stdout + swept.stderr);
    assert.match(swept.stderr, /EdgeFunction\S* cannot be deleted yet: /);
  }
  await setFaults(cloud, { resourceDelayMs: 0 });
  await setFaults(cloud, { resourceDelayMs: 0, replicasHeldMs: 0 });
  const last = await run('sweep', ['--all']);
  assert.equal(last.code, 0, last.stdout + last.stderr);
  assert.match(last.stdout, /Deleted the function edge-upload-live-\S+, 0\.0 hours after its run started\./);
  assert.equal((await run('sweep', ['--all'])).stdout, 'Nothing is left.\n');
}

test('skips probes that are not selected, not supported or not possible here', () => {
  const probe = {
    name: 'a',
    claim: '',
    expected: {},
    needs: ['TOKEN', 'a token'],
    look: async () => ({}),
  } as const;
  const here = { target: 'embedded', only: undefined, env: {} } as const;
  for (const [reason, one, asked] of [
    ['not selected', probe, { ...here, only: ['b'] }],
    ['needs TOKEN, a token', probe, here],
    ['needs TOKEN, a token', probe, { ...here, env: { TOKEN: '' } }],
    [undefined, probe, { ...here, only: ['a'], env: { TOKEN: 'x' } }],
    ['not run here: too long', { ...probe, notHere: 'too long' }, here],
    [undefined, { ...probe, notHere: 'too long' }, { ...here, target: 'aws', env: { TOKEN: 'x' } }],
  ] as const) {
    assert.equal(reasonNotToRun(one, asked), reason);
  }
});

test('names the denied action of a message of AWS or the command line', () => {
  for (const [text, call] of [
    [
      'bucket policy could not be created: "User: arn:aws:sts::0:assumed-role/a/b is not authorized to perform: s3:PutBucketPolicy on resource: arn:aws:s3:::b because no identity-based policy allows it"',
      's3:PutBucketPolicy on arn:aws:s3:::b',
    ],
    ['is not authorized to perform: cognito-idp:ListUsers', 'cognito-idp:ListUsers'],
    ['a does not have the permissions to deploy: s3:CreateBucket, s3:PutBucketPolicy.', 's3:CreateBucket'],
    ['signing key: not allowed to read its state (kms:DescribeKey)', 'kms:DescribeKey'],
    ['not allowed (cloudformation:DetectStackDrift)', 'cloudformation:DetectStackDrift'],
    ['IAM reports that these actions are not allowed: logs:DeleteLogGroup.', 'logs:DeleteLogGroup'],
    ['Checking permissions: all that an operator needs', undefined],
    ['not allowed. See https://a.example/s3:PutObject', undefined],
  ] as const) {
    assert.equal(deniedIn(text), call);
  }
});
