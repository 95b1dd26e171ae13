import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findCloud, type RunningCloud, readIsolation } from '../../../cli/local-cloud/find.ts';
import { startCloud, stopCloud } from '../../../cli/local-cloud/process.ts';
import { runProgram } from '../../support/programs.ts';
import { listen } from '../../support/serve.ts';

const COMPUTER = {
  env: { NODE_DISABLE_COMPILE_CACHE: '1' },
  execPath: process.execPath,
  home: tmpdir(),
  platform: 'linux',
} as const;

test('ignores a damaged or foreign cloud.json, and keeps its token at home', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-cloud-'));
  let asked = 0;
  let status = JSON.stringify({ dataDir: folder, proof: 'ab' });
  const endpoint = await listen(t, (request, response) => {
    if (request.url === '/_edge-upload/isolation') {
      response.end(JSON.stringify({ isolation: 'own process' }));
      return;
    }
    asked += 1;
    response.end(status);
  });
  t.after(() => rm(folder, { recursive: true, force: true }));
  const control = { token: 'ab', proof: 'ab' };
  const { port } = new URL(endpoint);
  const whole = { endpoint, pid: 4242, control };
  const found = async (document: unknown) => {
    await writeFile(join(folder, 'cloud.json'), JSON.stringify(document), { mode: 0o600 });
    return findCloud(folder);
  };
  const cloud = await found(whole);
  assert.equal(cloud?.pid, 4242);
  assert.equal(asked, 1);
  assert.equal(await readIsolation(cloud as RunningCloud), 'own process');
  for (const odd of [
    null,
    5,
    [],
    {},
    ...['ftp://127.0.0.1', 'unix:/x', `http://localhost:${port}`, `http://a:b@127.0.0.1:${port}`, 5].map(
      (endpoint) => ({ ...whole, endpoint }),
    ),
    ...[0, 1, -1, 1.5, '4242', undefined].map((pid) => ({ ...whole, pid })),
    ...[null, 5, { token: 'a\nb', proof: 'ab' }, { token: 'ab' }].map((other) => ({
      ...whole,
      control: other,
    })),
  ]) {
    assert.equal(await found(odd), undefined, JSON.stringify(odd));
  }
  assert.equal(asked, 1);
  // No such port.
  assert.equal(await found({ ...whole, endpoint: 'http://127.0.0.1:99999' }), undefined);
  for (status of ['null', '5', '[]', '{}', '<html>', '', JSON.stringify({ dataDir: folder, proof: 'cd' })]) {
    assert.equal(await found(whole), undefined, status);
  }
});

test('does not take a cloud that is slow to respond for one that ended', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-cloud-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const endpoint = await listen(t, () => {});
  const describe = async (pid: number | undefined) => {
    const cloud = { endpoint, pid, control: { token: 'ab', proof: 'ab' } };
    await writeFile(join(folder, 'cloud.json'), JSON.stringify(cloud), { mode: 0o600 });
  };
  await describe(process.pid);
  await assert.rejects(findCloud(folder, { deadlineMs: 10 }), {
    code: 'local_cloud',
    message: `The embedded cloud (process ${process.pid}) does not respond.`,
  });
  const aborted = new AbortController();
  const finding = findCloud(folder, { signal: aborted.signal });
  aborted.abort();
  await assert.rejects(finding, { code: 'interrupted' });
  const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(ended, 'exit');
  await describe(ended.pid);
  assert.equal(await findCloud(folder, { deadlineMs: 10 }), undefined);
});

test('refuses anything but its own plain file as the log, by name', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-cloud-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const log = join(folder, 'cloud.log');
  const start = () => startCloud({ ...COMPUTER, signal: new AbortController().signal }, { dataDir: folder });
  await runProgram('mkfifo', [log]);
  await assert.rejects(start(), { code: 'settings', message: /cloud\.log is not a plain file/ });
  await rm(log);
  await symlink(join(folder, 'elsewhere'), log);
  await assert.rejects(start(), { code: 'settings', message: /cloud\.log is a symbolic link/ });
});

test('stops the start and the started process at Ctrl-C', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-cloud-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const stopped = new AbortController();
  const starting = startCloud({ ...COMPUTER, signal: stopped.signal }, { dataDir: folder, port: 0 });
  stopped.abort();
  await assert.rejects(starting, { code: 'interrupted' });
  assert.equal(await findCloud(folder), undefined);
});

test('keeps the description of a cloud that was started after the folder of another was deleted', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-cloud-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const start = () =>
    startCloud({ ...COMPUTER, signal: new AbortController().signal }, { dataDir: folder, port: 0 });
  const first = await start();
  await rm(folder, { recursive: true });
  const second = await start();
  await stopCloud(first);
  assert.equal((await findCloud(folder))?.pid, second.pid);
  await stopCloud(second);
  assert.equal(await findCloud(folder), undefined);
});

test('stops a cloud that ended meanwhile', async () => {
  const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(ended, 'exit');
  await stopCloud({ pid: ended.pid } as RunningCloud);
});
