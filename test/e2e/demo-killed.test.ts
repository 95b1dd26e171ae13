import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { preparedPoolKeys } from '../support/keys/pool-keys.ts';
import { whenFound } from '../support/when-found.ts';
import { CLI, cleanEnv, computerAt } from './harness.ts';

/** SIGQUIT is Ctrl-\. SIGKILL ends a process without clean-up, as the system does if memory is short. */
for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
  test(`a demo that ends by ${signal} takes its cloud with it`, {
    skip: process.platform === 'win32' ? 'Windows has no such signals' : false,
  }, async (t) => {
    const home = await mkdtemp(join(tmpdir(), 'edge-upload-killed-'));
    t.after(() => rm(home, { recursive: true, force: true, maxRetries: 10 }));
    const demo = spawn(process.execPath, [CLI, 'demo'], {
      cwd: home,
      env: cleanEnv(home, { TMPDIR: home }),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    demo.stderr.setEncoding('utf8');
    let shown = '';
    for await (const text of demo.stderr) {
      shown += text;
      if (shown.includes('1. An operator deploys')) break;
    }
    const ended = once(demo, 'exit');
    demo.kill(signal);
    assert.deepEqual(await ended, [null, signal], shown);
    const [folder = ''] = (await readdir(home)).filter((name) => name.startsWith('edge-upload-demo-'));
    const cloud = join(home, folder, 'data', 'edge-upload', 'local');
    // The cloud removes its description before it ends.
    await whenFound(cloud, async () => (existsSync(join(cloud, 'cloud.json')) ? undefined : true));
  });
}

test('a demo that npm runs in a clone ends with a command of npx', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-by-npm-'));
  t.after(() => rm(home, { recursive: true, force: true, maxRetries: 10 }));
  const env = { ...(await preparedPoolKeys()), npm_lifecycle_event: 'demo' };
  const { code, stdout, stderr } = await computerAt(home, env).run(['demo']);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /Nothing is left behind\.\nTo do the same on AWS.*:\n {2}npx edge-upload deploy\n$/);
});
