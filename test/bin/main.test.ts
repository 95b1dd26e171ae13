import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { EXIT } from '../../cli/errors.ts';
import { TOKENS } from '../cli/transfer/helpers/edge.ts';
import { ownEdge, ownFolder } from '../cli/transfer/helpers/uploading.ts';
import { CLI } from '../e2e/harness.ts';
import { missing, runProgram } from '../support/programs.ts';
import { noTerminal, onTerminal } from '../support/terminal/terminal.ts';

/** Arguments of `unshare` that run a program as the first process of its own process namespace, as in a container. */
const CONTAINER = ['--user', '--map-root-user', '--pid', '--fork'];
const noContainer =
  spawnSync('unshare', [...CONTAINER, 'true']).status === 0 ? false : 'no process namespaces here';

/** The built command line with its own home folder and files to upload. */
async function computer(t: TestContext) {
  const home = await ownFolder(t);
  const files = Array.from({ length: 8 }, (_, index) => `f${index}`);
  for (const file of files) await writeFile(join(home, file), file);
  const envFor = (url: string) => ({
    ...process.env,
    HOME: home,
    EDGE_UPLOAD_URL: url,
    EDGE_UPLOAD_TOKEN: TOKENS[1],
  });
  const start = (url: string, ...args: string[]) =>
    spawn(process.execPath, [CLI, ...args], {
      cwd: home,
      env: envFor(url),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return { home, files, envFor, start };
}

test('fails if the reader of stdout leaves before everything is stored', async (t) => {
  const { files, start } = await computer(t);
  let left = () => {};
  const readerLeft = new Promise<void>((resolve) => {
    left = resolve;
  });
  const edge = await ownEdge(t, async (request) => {
    if (request.method === 'PUT' && request.url !== '/f0') await readerLeft;
    return false;
  });
  const child = start(edge.url, 'put', ...files, '--concurrency', '1', '--quiet');
  const errors = text(child.stderr);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  await once(child.stdout, 'close');
  left();
  const [code] = await once(child, 'close');
  assert.equal(code, EXIT.other);
  assert.equal(await errors, '');
  assert.ok(edge.stored.size < files.length);
});

test('fails if nobody reads a result of one line, without an error', async (t) => {
  const { start } = await computer(t);
  const edge = await ownEdge(t);
  for (const words of [
    ['--version'],
    ['uploads', 'list'],
    ['deployments', 'list', '--json'],
    ['put', 'f0'],
  ]) {
    const child = start(edge.url, ...words);
    child.stdout.destroy();
    const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    assert.deepEqual([code, errors], [EXIT.other, ''], words.join(' '));
  }
});

test('succeeds if the reader of stdout leaves after it has everything', async (t) => {
  const { start } = await computer(t);
  const edge = await ownEdge(t);
  const child = start(edge.url, 'put', 'f0', '--quiet');
  const errors = text(child.stderr);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = await once(child, 'close');
  assert.equal(code, EXIT.done);
  assert.equal(await errors, '');
  assert.ok(edge.stored.has('/f0'));
});

test('exits with 130 if Ctrl-C is typed again while an interrupted command ends', async (t) => {
  const { files, start } = await computer(t);
  let received = () => {};
  const request = new Promise<void>((resolve) => {
    received = resolve;
  });
  const edge = await ownEdge(t, async ({ method }) => {
    if (method !== 'PUT') return false;
    received();
    // No response is ever sent.
    return true;
  });
  const child = start(edge.url, 'put', ...files);
  const closed = once(child, 'close');
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  await request;
  child.kill('SIGINT');
  await once(child.stderr, 'data');
  child.stderr.resume();
  child.stdout.resume();
  const again = () => {
    if (!isRunning()) return;
    child.kill('SIGINT');
    setImmediate(again);
  };
  again();
  assert.deepEqual(await closed, [EXIT.interrupted, null]);
});

/**
 * A module for `--require` with which every read of a file on another thread waits for a pipe that nobody writes to, as for
 * a disk that does not respond.
 */
const HANGING = `
const fs = require('node:fs');
const { promisify } = require('node:util');
fs.read = () => {};
fs.read[promisify.custom] = () => {
  const read = promisify(fs.open)('never', 'r');
  fs.writeFileSync('waits', '');
  return read;
};
require('node:module').syncBuiltinESMExports();
`;

/** As {@link HANGING}, for a look-up of a name: Node reports its request by another name. */
const HANGING_NAME = `${HANGING}process.getActiveResourcesInfo = () => ['GetAddrInfoReqWrap'];`;

test('ends at Ctrl-C while a disk or DNS does not respond', {
  skip: missing('mkfifo', '--version'),
}, async (t) => {
  const { home, envFor } = await computer(t);
  const edge = await ownEdge(t);
  spawnSync('mkfifo', [join(home, 'never')]);
  for (const [module, presses] of [
    [HANGING, 1],
    [HANGING, 2],
    [HANGING_NAME, 1],
  ] as const) {
    await writeFile(join(home, 'hanging.cjs'), module);
    await rm(join(home, 'waits'), { force: true });
    const watcher = watch(home);
    t.after(() => watcher.close());
    const child = spawn(process.execPath, ['--require', './hanging.cjs', CLI, 'put', 'f0'], {
      cwd: home,
      env: envFor(edge.url),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [errors, closed] = [text(child.stderr), once(child, 'close')];
    while (!existsSync(join(home, 'waits'))) await once(watcher, 'change');
    for (let press = 0; press < presses; press += 1) child.kill('SIGINT');
    assert.deepEqual(await closed, [null, 'SIGINT']);
    if (presses === 1) assert.match(await errors, /Interrupted/);
  }
  assert.equal(edge.seen.filter(({ method }) => method === 'PUT').length, 0);
});

test('refuses a time that is too long for a timer', async (t) => {
  const { start } = await computer(t);
  const edge = await ownEdge(t);
  const child = start(edge.url, 'put', 'f0', '--stall-timeout', '3000000');
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  assert.equal(code, EXIT.usage);
  assert.match(errors, /Invalid value for --stall-timeout: “3000000”[\s\S]*86400/);
  assert.equal(edge.seen.length, 0);
});

test('draws for 80 columns if the terminal reports none', { skip: noTerminal }, async (t) => {
  const { home, envFor } = await computer(t);
  const edge = await ownEdge(t);
  const env = { ...envFor(edge.url), TERM: 'xterm', LC_ALL: 'C.UTF-8' };
  const put = (...args: string[]) =>
    onTerminal({ argv: [process.execPath, CLI, 'put', ...args], env, columns: 0 });
  const stored = await put(join(home, 'f0'));
  assert.equal(stored.code, EXIT.done, stored.shown.slice(0, 500));
  assert.match(stripVTControlCharacters(stored.shown), /✔ Stored f0 {2}2 B\r\n/);
  const refused = await put(join(home, 'nosuch'));
  assert.equal(refused.code, EXIT.input);
  assert.match(refused.shown, /Check the name and the folder you are in\./);
});

test('refuses a folder as standard input, and overwrites nothing', async (t) => {
  const { home, envFor } = await computer(t);
  const edge = await ownEdge(t);
  edge.stored.set('/precious', Buffer.from('precious'));
  const folder = await open(home);
  t.after(() => folder.close());
  for (const args of [
    ['-', '--as', 'precious'],
    ['--files-from', '-'],
  ]) {
    const child = spawn(process.execPath, [CLI, 'put', ...args], {
      env: envFor(edge.url),
      stdio: [folder.fd, 'ignore', 'pipe'],
    });
    const [errors, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'close')]);
    assert.equal(code, EXIT.input, errors);
    assert.match(errors, /standard input is a folder/i);
  }
  assert.equal(edge.stored.get('/precious')?.toString(), 'precious');
});

test('prints no warning of Node about variables that have no effect here', {
  skip: noTerminal,
}, async (t) => {
  const { envFor } = await computer(t);
  const { code, shown } = await onTerminal({
    argv: [process.execPath, CLI, 'login', 'https://127.0.0.1:1'],
    env: { ...envFor(''), TERM: 'xterm', NO_COLOR: '1', FORCE_COLOR: '1', NODE_TLS_REJECT_UNAUTHORIZED: '0' },
  });
  assert.equal(code, EXIT.network, shown);
  assert.match(shown, /^error: /);
});

test('ends an upload with the signal of a closed terminal', { skip: noTerminal }, async (t) => {
  const { home, envFor } = await computer(t);
  const edge = await ownEdge(t, async ({ url }) => (url === '/f0' ? new Promise(() => {}) : false));
  const { code, shown } = await onTerminal({
    argv: [process.execPath, CLI, 'put', join(home, 'f0')],
    env: { ...envFor(edge.url), TERM: 'xterm' },
    answers: [['f0', null]],
    hangUp: true,
  });
  assert.equal(code, -constants.signals.SIGHUP, shown.slice(0, 500));
});

test('ends as the first process of a container, whose own signals the kernel ignores', {
  skip: noTerminal || noContainer,
}, async (t) => {
  const { home, envFor } = await computer(t);
  const edge = await ownEdge(t, async ({ url }) => (url === '/f0' ? new Promise(() => {}) : false));
  for (const ending of [
    { answers: [['f0', null]], hangUp: true },
    { answers: [['100%', { send: '\u001c' }]] },
  ] as const) {
    const { code, shown } = await onTerminal({
      // The parent of the container outlives the signals that the terminal sends to both.
      argv: [
        'sh',
        '-c',
        'trap "" HUP QUIT; unshare "$@"',
        'sh',
        ...CONTAINER,
        process.execPath,
        CLI,
        'put',
        join(home, 'f0'),
      ],
      env: { ...envFor(edge.url), TERM: 'xterm' },
      ...ending,
    });
    assert.equal(code, EXIT.interrupted, shown.slice(-500));
  }
});

test('continues after a hang-up without a terminal, as under nohup', async (t) => {
  const { start } = await computer(t);
  let hangUp = () => {};
  const edge = await ownEdge(t, async () => {
    hangUp();
    return false;
  });
  const child = start(edge.url, 'put', 'f0', '--quiet');
  hangUp = () => void child.kill('SIGHUP');
  const [code] = await once(child, 'close');
  assert.equal(code, EXIT.done);
  assert.ok(edge.stored.has('/f0'));
});

test('fails if the output cannot be written', {
  skip: process.platform === 'linux' ? false : 'Linux alone has /dev/full',
}, async (t) => {
  const { home, envFor } = await computer(t);
  const edge = await ownEdge(t);
  const full = await open('/dev/full', 'w');
  t.after(() => full.close());
  const child = spawn(process.execPath, [CLI, 'put', 'f0', '--json'], {
    cwd: home,
    env: envFor(edge.url),
    stdio: ['ignore', full.fd, 'pipe'],
  });
  const [errors, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'close')]);
  assert.equal(code, EXIT.other);
  assert.equal(errors, 'error: Standard output cannot be written (ENOSPC).\n');
});

test('continues an upload and prints its result if stderr cannot be written', {
  skip: process.platform === 'linux' ? false : 'Linux alone has /dev/full',
}, async (t) => {
  const { home, envFor } = await computer(t);
  const full = await open('/dev/full', 'w');
  t.after(() => full.close());
  const put = async (url: string, stderr: number | 'pipe') => {
    const child = spawn(process.execPath, [CLI, 'put', 'f0', 'f1'], {
      cwd: home,
      env: envFor(url),
      stdio: ['ignore', 'pipe', stderr],
    });
    // The reader of the pipe has ended.
    child.stderr?.destroy();
    const [shown, [code]] = await Promise.all([text(child.stdout as Readable), once(child, 'close')]);
    return { shown, code };
  };
  for (const stderr of [full.fd, 'pipe'] as const) {
    const edge = await ownEdge(t);
    const { shown, code } = await put(edge.url, stderr);
    assert.equal(code, EXIT.done);
    assert.match(shown, /2 stored/);
    assert.deepEqual([...edge.stored.keys()].sort(), ['/f0', '/f1']);
    const refusing = await ownEdge(t, async (_request, response) => {
      response.writeHead(403).end('{"error":"forbidden","message":"no"}');
      return true;
    });
    assert.equal((await put(refusing.url, stderr)).code, EXIT.auth);
  }
});

test('continues an upload if its journal exceeds the size limit of files', {
  skip: process.platform === 'win32' ? 'Windows has no such limit' : false,
}, async (t) => {
  const { home, envFor } = await computer(t);
  const edge = await ownEdge(t);
  const put = [process.execPath, CLI, 'put', 'f0', '--multipart', 'always'];
  const { code, stdout, stderr } = await runProgram('sh', ['-c', 'ulimit -f 0; exec "$@"', 'sh', ...put], {
    cwd: home,
    env: envFor(edge.url),
  });
  assert.equal(code, EXIT.done, stderr);
  assert.match(stdout, /^Stored f0 /);
  assert.match(stderr, /^warning: .*the file is larger than its file system or ulimit -f allows/);
});

test('reports a deleted current folder', {
  skip: process.platform === 'win32' ? 'Windows keeps a folder that is in use' : false,
}, async (t) => {
  const { home, envFor } = await computer(t);
  const gone = join(home, 'gone');
  await mkdir(gone);
  const argv = [process.execPath, CLI, 'uploads', 'list', '--json'].map((word) => `'${word}'`).join(' ');
  const child = spawn('sh', ['-c', `rmdir '${gone}' && exec ${argv}`], {
    cwd: gone,
    env: envFor('https://edge.example'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [told, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  assert.equal(code, EXIT.input, errors);
  assert.match(JSON.parse(told).error.message, /current folder no longer exists/);
});

test('refuses a key that is not valid UTF-8, as two of them could become one', {
  skip: process.platform === 'win32' && 'Windows has no such arguments',
}, async (t) => {
  const { home, envFor } = await computer(t);
  const edge = await ownEdge(t);
  for (const flag of ['--as', '--prefix']) {
    const typed = [
      '-c',
      `exec "$@" ${flag} "$(printf 'caf\\351/x')"`,
      'sh',
      process.execPath,
      CLI,
      'put',
      'f0',
    ];
    const { code, stderr } = await runProgram('sh', typed, { cwd: home, env: envFor(edge.url) });
    assert.equal(code, EXIT.usage);
    assert.equal(stderr.split('\n')[0], `error: Invalid value for ${flag}: “caf\ufffd/x”.`);
  }
  assert.equal(edge.stored.size, 0);
});

test('names the option of Node that removes WebAssembly', async (t) => {
  const { home, envFor } = await computer(t);
  const edge = await ownEdge(t);
  const env = { ...envFor(edge.url), NODE_OPTIONS: '--jitless' };
  const { code, stderr } = await runProgram(process.execPath, [CLI, 'put', 'f0'], { cwd: home, env });
  assert.equal(code, EXIT.other);
  assert.match(
    stderr,
    /^error: Node runs without WebAssembly: .*\.\n {2}Remove --jitless from NODE_OPTIONS\.\n/m,
  );
});

test('hides a token that was typed by mistake from the process list', {
  skip: process.platform === 'linux' ? false : 'only Linux has /proc',
}, async (t) => {
  const { home, start } = await computer(t);
  const titles: string[] = [];
  const edge = await ownEdge(t, async () => {
    titles.push(await readFile(`/proc/${child.pid}/cmdline`, 'utf8'));
    return false;
  });
  const token = 'eyJhbGciOi.eyJpc3MiOi.c2lnbmF0dXJl';
  await writeFile(join(home, token), 'x');
  const child = start(edge.url, 'put', token, '--as', 'a');
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  assert.match(titles.join('\n'), /^edge-upload\0*$/m);
  assert.doesNotMatch(titles.join('\n'), /eyJ/);
});
