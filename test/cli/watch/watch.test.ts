import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { typed } from '../../support/typed.ts';
import { type EdgeFault, respondJson, type TestEdge } from '../transfer/helpers/edge.ts';
import { ownEdge, ownFolder } from '../transfer/helpers/uploading.ts';
import { until } from './until.ts';

/** A folder to watch, an edge, and a function that starts a watcher. */
async function rig(t: TestContext, mischief?: EdgeFault) {
  const [home, edge] = [await ownFolder(t), await ownEdge(t, mischief)];
  const folder = join(home, 'in');
  await mkdir(folder);
  const env = { EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: 'aaaa.good.cccc' };
  const run = (words: readonly string[], signal?: AbortSignal, more: Record<string, string> = {}) =>
    typed(words, { home, env: { ...env, ...more }, ...(signal && { signal }) });
  return {
    home,
    folder,
    edge,
    run,
    file: (name: string) => join(folder, name),
    /** Watches until `work` is done. Scans often, so that tests need not wait. */
    async watching(flags: readonly string[], work: () => Promise<unknown>) {
      const stop = new AbortController();
      const words = ['watch', 'in', '--settle', '0.1', '--interval', '0.05', ...flags];
      const running = run(words, stop.signal);
      const ended = running.then(({ stderr, stdout }) => {
        if (!stop.signal.aborted) throw new Error(`watch ended: ${stdout}${stderr}`);
      });
      await Promise.race([work(), ended]).finally(() => stop.abort());
      const ran = await running;
      assert.equal(ran.code, 130, ran.stderr);
      return ran;
    },
  };
}

const puts = ({ seen }: TestEdge) => seen.filter(({ method }) => method === 'PUT').map(({ path }) => path);

test('stores each complete file once, under the prefix', async (t) => {
  const { folder, edge, file, watching } = await rig(t);
  await mkdir(file('deep/er'), { recursive: true });
  await writeFile(file('before.txt'), 'before');
  for (const name of ['.hidden', 'half.part', 'draft~', 'skipped.log']) await writeFile(file(name), name);
  await mkdir(file('.git'));
  await writeFile(file('.git/config'), 'config');
  const flags = ['--prefix', 'inbox/', '--exclude', '*.log', '--json'];
  const ran = await watching(flags, async () => {
    await until(() => edge.stored.has('/inbox/before.txt'));
    await writeFile(file('deep/er/ä & b.txt'), 'later');
    await writeFile(file('\u001b[31m'), 'not a key');
    await writeFile(file('move.tmp'), 'moved');
    await writeFile(file('short-lived'), 'gone');
    await rm(file('short-lived'));
    await until(() => edge.stored.has('/inbox/deep/er/%C3%A4%20%26%20b.txt'));
    await rename(file('move.tmp'), file('moved.txt'));
    await until(() => edge.stored.has('/inbox/moved.txt'));
    await appendFile(file('before.txt'), ' and after');
    await until(() => edge.stored.get('/inbox/before.txt')?.toString() === 'before and after');
  });
  const rows = ran.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.ok(rows.some(({ type, stored, failed }) => type === 'summary' && stored === 4 && failed === 1));
  assert.ok(!ran.stderr.includes('\u001b'));
  assert.equal(puts(edge).length, 4);
  // Another run sends nothing again.
  await watching(flags, async () => {
    await writeFile(file('new.txt'), 'new');
    await until(() => edge.stored.has('/inbox/new.txt'));
  });
  assert.deepEqual(puts(edge).slice(4), ['/inbox/new.txt']);
  assert.equal((await readdir(folder)).length, 10, 'files are kept');
});

test('shares its records with put --changed if both give the same keys', async (t) => {
  const { edge, file, run, watching } = await rig(t);
  await writeFile(file('a.txt'), 'a');
  const sendsAlso = (...words: string[]) =>
    watching(words, async () => {
      await writeFile(file('b.txt'), `b for ${words.join(' ')}`);
      await until(() => edge.stored.get('/x/b.txt')?.toString() === `b for ${words.join(' ')}`);
    });
  assert.equal((await run(['put', '-r', 'in', '--changed', '--as', 'x'])).code, 0);
  const shared = await sendsAlso('--prefix', 'x/');
  assert.deepEqual(puts(edge), ['/x/a.txt', '/x/b.txt']);
  assert.match(shared.stdout, /^1 stored {2}/m);
  assert.equal((await run(['put', '-r', 'in', '--changed', '--prefix', 'x/'])).code, 0);
  assert.deepEqual(puts(edge).slice(2).sort(), ['/x/in/a.txt', '/x/in/b.txt']);
  assert.match(
    (await run(['put', '-r', 'in/', '--changed', '--prefix', 'x/'])).stdout,
    /^0 stored, 2 unchanged/,
  );
  await watching([], () => until(() => edge.stored.has('/a.txt') && edge.stored.has('/b.txt')));
});

test('moves or deletes uploaded files, and keeps earlier files of that name', async (t) => {
  const { folder, edge, file, home, watching } = await rig(t);
  await writeFile(file('a'), 'a');
  await watching(['--after', 'delete'], () => until(async () => (await readdir(folder)).length === 0));
  assert.ok(edge.stored.has('/a'));
  await mkdir(file('sub'));
  await watching(['--after', 'move'], async () => {
    for (const content of ['one', 'two']) {
      await writeFile(file('sub/b'), content);
      await until(async () => (await readdir(file('sub'))).length === 0);
    }
  });
  assert.deepEqual((await readdir(file('.edge-upload-stored/sub'))).sort(), ['b', 'b~2']);
  // Files that an earlier run stored and kept are moved, but not sent again.
  await writeFile(file('kept'), 'kept');
  await watching([], () => until(() => edge.stored.has('/kept')));
  const before = puts(edge).length;
  await watching(['--after', 'move', '--move-to', 'done'], () =>
    until(async () => !(await readdir(folder)).includes('kept')),
  );
  assert.equal(puts(edge).length, before);
  assert.deepEqual(await readdir(join(home, 'done')), ['kept']);
});

test('does not delete unverified files, and continues after a failed one', async (t) => {
  let damaged = true;
  const { edge, folder, file, watching } = await rig(t, (request, response) => {
    if (request.method !== 'PUT' || !damaged || request.url !== '/a') return false;
    request.resume();
    response.writeHead(200, { etag: '"0"', 'x-amz-checksum-crc32': 'AAAAAA==' }).end();
    return true;
  });
  await writeFile(file('a'), 'content');
  const ran = await watching(['--after', 'delete'], async () => {
    await until(() => puts(edge).includes('/a'));
    await writeFile(file('b'), 'b');
    await until(async () => (await readdir(folder)).join() === 'a');
  });
  assert.match(ran.stdout + ran.stderr, /a/);
  damaged = false;
  await watching(['--after', 'delete'], () => until(async () => (await readdir(folder)).length === 0));
  assert.equal(edge.stored.get('/a')?.toString(), 'content');
});

test('skips links, and neither sends nor deletes files outside of the folder', async (t) => {
  const { edge, file, home, run, watching } = await rig(t);
  await mkdir(join(home, 'outside'));
  await writeFile(join(home, 'outside/secret'), 'secret');
  await symlink(join(home, 'outside'), file('folder'));
  await symlink(join(home, 'outside/secret'), file('link'));
  await symlink('nowhere', file('gone'));
  await symlink('nowhere', join(home, 'no-folder'));
  const { stderr } = await watching(['--after', 'delete'], async () => {
    await writeFile(file('z'), 'z');
    await until(() => edge.stored.has('/z'));
  });
  assert.deepEqual(puts(edge), ['/z']);
  assert.match(stderr, /Skipped .*secret: it is a link, or in a linked folder/);
  assert.match(stderr, /in\/gone is a link to something that does not exist\./);
  assert.match((await run(['watch', 'no-folder'])).stderr, /no-folder is a link to something that does not/);
  for (const more of [[], ['--dry-run']]) {
    const { code, stdout, stderr: errors } = await run(['put', 'no-folder', ...more]);
    assert.equal(code, 3);
    assert.match(stdout + errors, /no-folder is a link to something that does not exist\./);
  }
  assert.deepEqual(await readdir(join(home, 'outside')), ['secret']);
});

test('ends without a sign-in, with the command to type', async (t) => {
  const { file, run } = await rig(t, (request, response) => {
    if (request.method !== 'PUT') return false;
    respondJson(response, 401, 'token_expired', { connection: 'close' });
    return true;
  });
  await writeFile(file('a'), 'a');
  const { code, stderr, stdout } = await run(['watch', 'in', '--settle', '0.1']);
  assert.equal(code, 4, stderr + stdout);
});

test('ends with the prefixes if the caller has to choose one', async (t) => {
  const { edge, file, run } = await rig(t, (request, response) => {
    if (request.method !== 'GET') return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"policy":{},"caller":{"writeTo":["a/","b/"]}}');
    return true;
  });
  await writeFile(file('one'), 'one');
  const { code, stderr } = await run(['watch', 'in', '--settle', '0.1', '--interval', '0.05']);
  assert.equal(code, 4, stderr);
  assert.match(stderr, /allowed to write below “a\/” or “b\/” only.*\n.*\n .*--prefix a\//);
  const named = await run(['watch', 'in', '--prefix', 'p/', '--settle', '0.1', '--interval', '0.05']);
  assert.match(named.stderr, /--prefix a\/p\//);
  assert.deepEqual(puts(edge), []);
});

test('continues with other files if the prefix of the caller makes a key too long', async (t) => {
  const own = `${'u'.repeat(900)}/`;
  const { edge, file, watching } = await rig(t, (request, response) => {
    if (request.method !== 'GET') return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ policy: {}, caller: { writeTo: [own] } }));
    return true;
  });
  await writeFile(file('f'.repeat(200)), 'too long');
  const { stdout, stderr } = await watching([], async () => {
    for (const name of ['one', 'two', 'three']) {
      await writeFile(file(name), name);
      await until(() => edge.stored.has(`/${own}${name}`));
    }
  });
  assert.doesNotMatch(stderr, /next attempt/);
  assert.equal(stdout.match(/^Failed: /gm)?.length, 1, stdout);
});

test('retries an unreachable edge, and sums up the whole watch', async (t) => {
  let away = false;
  let refused = () => {};
  const { home, edge, file, watching } = await rig(t, (_request, response) => {
    if (!away) return false;
    response.writeHead(404, { connection: 'close' }).end('<h1>Not found</h1>');
    refused();
    return true;
  });
  // No upload can be recorded there, but the ledger can.
  await mkdir(join(home, '.local/state/edge-upload'), { recursive: true, mode: 0o700 });
  await symlink('uploads', join(home, '.local/state/edge-upload/uploads'));
  await writeFile(file('a'), 'a');
  const { stdout, stderr } = await watching([], async () => {
    await until(() => edge.stored.has('/a'));
    away = true;
    const outage = new Promise<void>((resolve) => {
      refused = resolve;
    });
    await writeFile(file('b'), 'b');
    await outage;
    away = false;
    await until(() => edge.stored.has('/b'));
  });
  assert.match(stderr, /The next attempt is in/);
  assert.match(stdout, /^2 stored, 1 failed {2}2 B$/m);
  assert.equal(stderr.match(/An interrupted upload may have to start again/g)?.length, 1, stderr);
});

test('says that it resumes only if stored files are recorded', async (t) => {
  const { edge, file, home, watching } = await rig(t);
  await writeFile(file('a'), 'a');
  const stored = () => until(() => edge.stored.has('/a'));
  assert.match((await watching([], stored)).stderr, /The same command resumes/);
  edge.stored.clear();
  await rm(join(home, '.local'), { recursive: true });
  await writeFile(join(home, '.local'), 'a file instead of a folder');
  const { stderr } = await watching([], stored);
  assert.match(stderr, /The next run may send files again[\s\S]*Interrupted\./);
  assert.doesNotMatch(stderr, /resumes/);
});

test('refuses a missing folder, a watched one, and the target of its own files', async (t) => {
  const { edge, file, run, watching } = await rig(t);
  assert.equal((await run(['watch', 'nowhere'])).code, 3);
  assert.match((await run(['watch', ''])).stderr, /empty name/);
  await writeFile(file('a'), 'a');
  assert.match((await run(['watch', 'in/a'])).stderr, /not a folder/);
  for (const flags of [
    ['--after', 'move', '--move-to', 'in/done'],
    ['--after', 'move', '--move-to', 'in'],
    ['--move-to', 'done'],
    ['--after', 'eat'],
    ['--settle', 'long'],
  ]) {
    assert.equal((await run(['watch', 'in', ...flags])).code, 2, flags.join(' '));
  }
  await rm(file('done'), { recursive: true, force: true });
  await watching([], async () => {
    await until(() => edge.stored.has('/a'));
    const second = await run(['watch', 'in']);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /Another process uploads .* to the same place/);
  });
});

test('reports a folder for moved files that cannot be created', async (t) => {
  const { file, run } = await rig(t);
  await writeFile(file('a'), 'a');
  const linuxOnly = process.platform === 'linux' ? { '/proc/none/stored': /no such file or folder/ } : {};
  for (const [target, reason] of Object.entries({
    'in/a': /something with that name already exists/,
    'in/a/stored': /a part of the path is not a folder/,
    ...linuxOnly,
  })) {
    const { code, stderr } = await run(['watch', 'in', '--after', 'move', '--move-to', target]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, reason);
  }
});

for (const after of ['delete', 'move']) {
  test(`neither sends nor touches files behind a new link, with --after ${after}`, async (t) => {
    let release = () => {};
    const swapped = new Promise<false>((resolve) => {
      release = () => resolve(false);
    });
    const { edge, file, home, watching } = await rig(t, (request) => request.url === '/a' && swapped);
    await mkdir(join(home, 'outside'));
    await writeFile(join(home, 'outside/file'), 'secret');
    for (const name of ['folder', 'moved']) await mkdir(file(name));
    for (const name of ['a', 'b', 'c', 'folder/file', 'moved/file']) await writeFile(file(name), 'mine');
    const { stdout } = await watching(['--after', after, '--concurrency', '1'], async () => {
      await until(() => edge.seen.some(({ path }) => path === '/a'));
      await rm(file('b'));
      await symlink(join(home, 'outside/file'), file('b'));
      await rename(file('c'), file('.c'));
      await writeFile(file('c'), 'mine, but another');
      await rm(file('folder'), { recursive: true });
      await symlink(join(home, 'outside'), file('folder'));
      await rename(file('moved'), join(home, 'moved'));
      await symlink(join(home, 'moved'), file('moved'));
      release();
      await until(() => edge.stored.get('/c')?.toString() === 'mine, but another');
      await writeFile(file('last'), 'last');
      await until(async () => !(await readdir(file('.'))).includes('last'));
    });
    assert.deepEqual(puts(edge).sort(), ['/a', '/c', '/last'], stdout);
    assert.deepEqual(await readdir(join(home, 'outside')), ['file']);
    assert.deepEqual(await readdir(join(home, 'moved')), ['file']);
  });
}

test('does not move stored files through a link that replaced a folder', async (t) => {
  const { edge, file, home, watching } = await rig(t);
  await mkdir(join(home, 'outside/nested'), { recursive: true });
  await mkdir(file('.edge-upload-stored'));
  await symlink(join(home, 'outside'), file('.edge-upload-stored/linked'));
  for (const name of ['linked', 'linked/nested', 'linked/deep/er']) {
    await mkdir(file(name), { recursive: true });
    await writeFile(file(`${name}/file`), name);
  }
  const { stderr } = await watching(['--after', 'move'], async () => {
    await until(() => edge.stored.size === 3);
    await writeFile(file('last'), 'last');
    await until(async () => (await readdir(file('.edge-upload-stored'))).includes('last'));
  });
  assert.match(
    stderr,
    /linked\/file is stored, but --after move failed: (?:a part of the path is not a folder|its path contains a symbolic link)/,
  );
  assert.deepEqual(await readdir(join(home, 'outside'), { recursive: true }), ['nested']);
  assert.ok((await readdir(file('linked'))).includes('file'));
});

test('ends if the proxy refuses its password, and does not send it again', async (t) => {
  const { file, run } = await rig(t);
  const asked: string[] = [];
  const proxy = createServer((request) => asked.push(request.url ?? ''));
  proxy.on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    socket.end('HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n');
  });
  await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
  t.after(() => proxy.close());
  await writeFile(file('a'), 'a');
  const { port } = proxy.address() as AddressInfo;
  const env = {
    EDGE_UPLOAD_URL: 'https://edge.example',
    HTTPS_PROXY: `http://me:wrong@127.0.0.1:${port}`,
  };
  const ran = await run(['watch', 'in', '--settle', '0'], undefined, env);
  assert.equal(ran.code, 5, ran.stderr);
  assert.match(
    ran.stderr,
    /error: The proxy 127\.0\.0\.1:\d+ refuses its user name or password[\s\S]*HTTPS_PROXY/,
  );
  assert.deepEqual(asked, ['edge.example:443']);
});
