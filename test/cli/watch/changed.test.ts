import assert from 'node:assert/strict';
import {
  appendFile,
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { typed } from '../../support/typed.ts';
import { ownEdge, ownFolder } from '../transfer/helpers/uploading.ts';

/** A folder with two files, and a function that runs `put -r --changed` on it. */
async function rig(t: TestContext) {
  const [home, edge] = [await ownFolder(t), await ownEdge(t)];
  const folder = join(home, 'in');
  await mkdir(join(folder, 'sub'), { recursive: true });
  await writeFile(join(folder, 'a'), 'a');
  await writeFile(join(folder, 'sub/b'), 'b');
  const env = { EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: 'aaaa.good.cccc' };
  return {
    edge,
    folder,
    ledgers: join(home, '.local/state/edge-upload/stored'),
    async put(...flags: string[]) {
      const before = edge.seen.length;
      const ran = await typed(['put', '-r', 'in/', '--changed', '--json', ...flags], { home, env });
      const puts = edge.seen.slice(before).filter(({ method }) => method === 'PUT');
      const last = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
      return { ...ran, sent: puts.map(({ path }) => path).sort(), last };
    },
    text: (...words: string[]) => typed(words, { home, env }),
  };
}

test('sends what is new, changed or for another key, and counts the rest', async (t) => {
  const { folder, put, text } = await rig(t);
  assert.deepEqual((await put()).sent, ['/a', '/sub/b']);
  assert.deepEqual((await put()).sent, []);
  // Another file with the same size and time replaces it.
  await writeFile(join(folder, 'other'), 'B');
  await utimes(join(folder, 'other'), 1, 1);
  await utimes(join(folder, 'a'), 1, 1);
  assert.deepEqual((await put('--exclude', 'other')).sent, ['/a']);
  await rename(join(folder, 'other'), join(folder, 'a'));
  const shown = await put('--dry-run');
  assert.deepEqual([shown.sent, shown.last.files, shown.last.unchanged], [[], 1, 1]);
  const third = await put();
  assert.deepEqual(third.sent, ['/a']);
  assert.deepEqual([third.code, third.last.stored, third.last.unchanged], [0, 1, 1]);
  assert.deepEqual((await put('--prefix', 'x/')).sent, ['/x/a', '/x/sub/b']);
  assert.match((await text('put', '-r', 'in/', '--changed')).stdout, /^0 stored, 2 unchanged$/m);
  assert.match(
    (await text('put', '-r', 'in/', '--changed', '-n')).stdout,
    /0 files would be stored, 2 unchanged/,
  );
});

test('sends again what the store refused', async (t) => {
  const { edge, put } = await rig(t);
  const home = await ownFolder(t);
  const failing = await ownEdge(t, (request, response) => {
    if (request.method !== 'PUT' || request.url !== '/a') return false;
    request.resume();
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end('{"error":"forbidden","message":"No."}');
    return true;
  });
  await mkdir(join(home, 'in'));
  for (const name of ['a', 'b']) await writeFile(join(home, 'in', name), name);
  const env = { EDGE_UPLOAD_URL: failing.url, EDGE_UPLOAD_TOKEN: 'aaaa.good.cccc' };
  const run = () => typed(['put', '-r', 'in/', '--changed'], { home, env });
  assert.equal((await run()).code, 4);
  const puts = () => failing.seen.filter(({ method, path }) => method === 'PUT' && path === '/b').length;
  assert.equal(puts(), 1);
  assert.match((await run()).stdout, /0 stored, 1 failed, 1 unchanged/);
  assert.equal(puts(), 1);
  // Ledgers are for one edge.
  assert.deepEqual((await put()).sent, ['/a', '/sub/b']);
  assert.ok(edge.stored.has('/a'));
});

test('needs a folder', async (t) => {
  const { text } = await rig(t);
  for (const words of [
    ['put', 'in/a', '--changed'],
    ['put', '-r', '--files-from', 'list', '--changed'],
  ]) {
    const { code, stderr } = await text(...words);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /--changed works with folders only.\n.*\n {4}.*edge-upload put -r <folder> --changed/,
    );
  }
});

test('skips a torn line, and drops lines without effect when there are many', async (t) => {
  const { folder, ledgers, put } = await rig(t);
  await put();
  const [name = ''] = (await readdir(ledgers)).filter((one) => one.endsWith('.jsonl'));
  const ledger = join(ledgers, name);
  await appendFile(ledger, '\n{"path":"a","key":"a","si');
  assert.deepEqual((await put()).sent, []);
  await writeFile(join(folder, 'c'), 'c');
  assert.deepEqual((await put()).sent, ['/c']);
  const old = {
    path: 'gone',
    key: 'gone',
    size: 1,
    mtimeNs: '1',
    inode: '1',
    at: '2020-01-01T00:00:00.000Z',
  };
  await appendFile(ledger, `\n${JSON.stringify(old)}`.repeat(300));
  assert.deepEqual((await put()).sent, []);
  const lines = (await readFile(ledger, 'utf8')).split('\n');
  assert.equal(lines.length, 4);
  assert.deepEqual((await put()).sent, []);
});

test('sends every file without a ledger, with a warning', async (t) => {
  const { folder, ledgers, put } = await rig(t);
  await put();
  const [name = ''] = (await readdir(ledgers)).filter((one) => one.endsWith('.jsonl'));
  const ledger = join(ledgers, name);
  const target = join(folder, '..', 'target');
  await rename(ledger, target);
  await symlink(target, ledger);
  const before = await readFile(target, 'utf8');
  const linked = await put();
  assert.deepEqual([linked.code, linked.sent], [0, ['/a', '/sub/b']]);
  assert.match(linked.stderr, /next run may send files again.*symbolic link/);
  assert.equal(await readFile(target, 'utf8'), before);
  await rm(ledgers, { recursive: true });
  await writeFile(ledgers, 'a file in its place');
  const noFolder = await put();
  assert.deepEqual([noFolder.code, noFolder.sent], [0, ['/a', '/sub/b']]);
  await rm(ledgers);
  await mkdir(ledgers);
  await chmod(ledgers, 0o777);
  assert.match((await put()).stderr, /Everybody on this computer can write/);
});

test('warns once without any place for records, however many folders there are', async (t) => {
  const { edge, folder, text } = await rig(t);
  await mkdir(join(folder, '..', 'other'));
  await writeFile(join(folder, '..', 'other', 'c'), 'c');
  const env = { EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: 'aaaa.good.cccc', HOME: '' };
  const words = ['put', '-r', 'in/', 'other/', '--changed', '--multipart', 'always'];
  const { code, stderr } = await typed(words, { home: '', cwd: join(folder, '..'), env });
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    stderr.match(/may (?:send files again|have to start again)/g),
    ['may send files again'],
    stderr,
  );
  assert.equal((await text('put', 'in/a', '--multipart', 'always')).stderr.includes('again'), false);
});
