import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { noTerminal, onTerminal, type Typing } from '../../support/terminal/terminal.ts';
import { typed } from '../../support/typed.ts';
import { awsEnv, CLI, type Computer, withCloud } from '../harness.ts';
import { type Recorder, startRecorder } from '../recorder.ts';
import { snapshots } from '../snapshots.ts';

/** Runs `deploy --file` on a terminal, with the embedded cloud as AWS. Returns output and exit code. */
const deployOnTerminal = (computer: Computer, env: NodeJS.ProcessEnv, answers: Typing) =>
  onTerminal({
    argv: [process.execPath, CLI, 'deploy', '--file', 'edge-upload.yaml'],
    env: { ...env, NO_COLOR: '1' },
    cwd: computer.home,
    answers,
  });

test('changes nothing if a plan is declined, or interrupted at any call', {
  skip: noTerminal,
}, async (t) => {
  await withCloud(async (computer, cloud) => {
    await computer.json(['deploy', '--local', '--page', '--versioning']);
    const snapshot = snapshots(t, computer, cloud);
    // With the embedded cloud as AWS, so that `deploy` asks before every change. This computer has no other deployment.
    const home = join(computer.home, 'operator');
    await mkdir(home);
    const env = { ...awsEnv(computer, cloud), HOME: home, NODE_EXTRA_CA_CERTS: cloud.caFile };
    await writeFile(join(computer.home, 'edge-upload.yaml'), 'max-size: 5G\npage: true\npage-title: Acme\n');
    const before = await snapshot();
    const [declined, interrupted] = [
      await deployOnTerminal(computer, env, [['Continue?', 'n']]),
      await deployOnTerminal(computer, env, [['Continue?', { send: '\u0003' }]]),
    ];
    assert.deepEqual([declined.code, interrupted.code], [0, 130], declined.shown + interrupted.shown);
    assert.match(declined.shown, /Nothing was changed\./);
    assert.deepEqual(await snapshot(), before);

    // Presses Ctrl-C during each call, from the first that creates something to the one that applies the plan.
    const calls: string[] = [];
    let at = 0;
    let stop: () => void = () => {};
    const recorder = await startRecorder(cloud, async (action) => {
      if (calls.length > 0 || /PutObject|CreateChangeSet/.test(action)) calls.push(action);
      if (calls.length - 1 === at) stop();
    });
    t.after(() => recorder.close());
    const deploy = async (stack: string) => {
      calls.length = 0;
      const args = ['deploy', '--yes', '--file', 'edge-upload.yaml', '--stack-name', stack];
      const interruption = new AbortController();
      const { signal } = interruption;
      stop = () => interruption.abort();
      const at = { cwd: computer.home, home, env: { ...env, AWS_ENDPOINT_URL: recorder.endpoint }, signal };
      const { code, stderr } = await typed(args, at);
      return { code, said: `${stderr}${calls.join(' ')}` };
    };
    for (const stack of ['edge-upload', 'another']) {
      const seen = await snapshot();
      for (at = 0; ; at += 1) {
        const { code, said } = await deploy(stack);
        assert.ok(calls.length > at, said);
        if (calls[at] === 'cloudformation:ExecuteChangeSet') break;
        assert.equal(code, 130, said);
        assert.doesNotMatch(said, /warning/, said);
        assert.deepEqual(await snapshot(), seen, said);
      }
      assert.ok(at > 0);
    }
  });
});

test('does not advise to replace a signing key again after Ctrl-C or without a response', async (t) => {
  await withCloud(async (computer, cloud) => {
    await computer.json(['deploy', '--local', '--yes']);
    await computer.json(['link', 'create', '--yes']);
    // With the embedded cloud as AWS. This computer has no other deployment.
    const home = join(computer.home, 'operator');
    await mkdir(home);
    const rotate = async (onExecute: (interruption: AbortController, recorder: Recorder) => void) => {
      const interruption = new AbortController();
      const recorder = await startRecorder(cloud, async (action) => {
        if (action === 'cloudformation:ExecuteChangeSet') onExecute(interruption, recorder);
      });
      t.after(() => recorder.close());
      const env = { ...awsEnv(computer, cloud), AWS_ENDPOINT_URL: recorder.endpoint, HOME: home };
      const at = { cwd: computer.home, home, env, signal: interruption.signal };
      return typed(['key', 'rotate', '--yes', '--stack-name', 'edge-upload'], at);
    };
    const lost = await rotate((_, recorder) => void recorder.close());
    const interrupted = await rotate((interruption) => interruption.abort());
    assert.deepEqual([lost.code, interrupted.code], [5, 130], lost.stderr + interrupted.stderr);
    for (const { stderr } of [lost, interrupted]) {
      assert.match(
        stderr,
        /may continue to replace the signing key\. Complete .*:\n +edge-upload deploy .*\n +edge-upload status /,
      );
      assert.doesNotMatch(stderr, /Run the same command|edge-upload key rotate/);
    }
  });
});
