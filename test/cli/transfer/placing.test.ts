import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext as NodeTestContext, test } from 'node:test';
import { rows, type TestContext, testContext } from '../../support/context.ts';
import { readAll, respondJson } from './helpers/edge.ts';
import { ownEdge, ownFolder, tokensOf, upload, withCode } from './helpers/uploading.ts';

/** Opens an edge whose rule allows writes below these prefixes. Its description has only the first `listed`. */
async function ruled(t: NodeTestContext, writeTo: readonly string[] | undefined, listed = Infinity) {
  const edge = await ownEdge(t, async (request, response) => {
    if (request.method === 'GET' && request.url === '/.well-known/edge-upload') {
      const caller = writeTo && {
        ...{ username: 'ada', sub: 's', groups: [], writeTo: writeTo.slice(0, listed), tokenExpiresAt: '' },
        ...(writeTo.length > listed && { omitted: { groups: 0, writeTo: writeTo.length - listed } }),
      };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ service: 'edge-upload', policy: {}, caller }));
      return true;
    }
    const key = decodeURIComponent(request.url?.slice(1) ?? '');
    if (writeTo === undefined || writeTo.some((prefix) => key.startsWith(prefix))) return false;
    await readAll(request);
    respondJson(response, 403, 'forbidden_key');
    return true;
  });
  const cwd = await ownFolder(t);
  await mkdir(join(cwd, 'd'));
  for (const name of ['a.txt', 'd/b.txt', "it's"]) await writeFile(join(cwd, name), name);
  const put = async (sources: Parameters<typeof upload>[3], context: TestContext = testContext({ cwd })) => {
    await upload(t, context, edge.url, sources, { ownPrefix: true, prefix: sources.prefix });
    return context;
  };
  return { edge, cwd, put };
}

const notes = ({ events }: TestContext) =>
  events.flatMap((event) => (event.type === 'note' ? [String(event.text)] : []));

test('uses the only allowed prefix by default, and prints it once', async (t) => {
  const { edge, cwd, put } = await ruled(t, ['ada/']);
  const context = await put({ files: ['a.txt', 'd/'], recursive: true });
  await put({ files: ['a.txt'], as: '2026/report.txt' });
  await put({ files: ['a.txt'], prefix: 'p/' });
  await put({ files: ['a.txt'], as: 'ada/full.txt' });
  const stdin = Readable.from([Buffer.from('piped')]);
  await put({ files: ['-'], as: 'piped' }, testContext({ cwd, stdin }));
  assert.deepEqual([...edge.stored.keys()].sort(), [
    '/ada/2026/report.txt',
    '/ada/a.txt',
    '/ada/b.txt',
    '/ada/full.txt',
    '/ada/p/a.txt',
    '/ada/piped',
  ]);
  assert.deepEqual(notes(context), ['Everything is stored below “ada/”, where you are allowed to write.']);
  assert.deepEqual(
    rows(context.events)
      .map(({ key }) => key)
      .sort(),
    ['ada/a.txt', 'ada/b.txt'],
  );
  const asked = edge.seen.filter(({ method }) => method === 'GET');
  assert.equal(asked.length, 5, 'one description per edge and command');
});

test('names several prefixes in the error, and a command that works', async (t) => {
  const { edge, put } = await ruled(t, ['red/', "o'hara/", 'c/', 'd/', 'e/', 'f/', 'g/']);
  await assert.rejects(
    put({ files: ['a.txt'] }),
    withCode('forbidden', /“red\/”, .*and 2 more only, not “a.txt”/, /\n {2}edge-upload … --prefix red\/$/),
  );
  const context = await put({ files: ['a.txt', "it's"] });
  assert.match(JSON.stringify(rows(context.events)), /--prefix red\//);
  assert.equal(edge.stored.size, 0);
  await assert.rejects(
    put({ files: ['a.txt'], prefix: '2026/' }),
    withCode('forbidden', /not “2026\/a.txt”/, / --prefix red\/2026\/$/),
  );
  await put({ files: ['a.txt'], prefix: "o'hara/" });
  assert.deepEqual([...edge.stored.keys()], ["/o'hara/a.txt".replace("'", '%27')]);
});

test('leaves other keys to the edge if its list of prefixes is incomplete', async (t) => {
  const { edge, put } = await ruled(t, ['red/', 'blue/', 'green/'], 2);
  await put({ files: ['a.txt'], prefix: 'green/' });
  await put({ files: ['a.txt'], prefix: 'blue/' });
  assert.deepEqual([...edge.stored.keys()], ['/green/a.txt', '/blue/a.txt']);
  await assert.rejects(put({ files: ['a.txt'], prefix: 'black/' }), withCode('forbidden'));
});

test('keeps keys without a rule, and sends nothing without an allowed prefix', async (t) => {
  for (const writeTo of [undefined, ['']]) {
    const { edge, put } = await ruled(t, writeTo);
    const context = await put({ files: ['a.txt'] });
    assert.deepEqual([...edge.stored.keys()], ['/a.txt']);
    assert.deepEqual(notes(context), []);
  }
  const { edge, cwd, put } = await ruled(t, []);
  await assert.rejects(put({ files: ['a.txt'] }), withCode('forbidden', /in no group/, /user groups/));
  // The token may be older than the user's membership.
  const tokens = tokensOf('good', 'aaaa.good.cccc');
  const again = upload(t, testContext({ cwd }), edge.url, { files: ['a.txt'] }, { ownPrefix: true, tokens });
  await assert.rejects(again, withCode('forbidden'));
  assert.equal(edge.seen.at(-1)?.headers.authorization, 'Bearer aaaa.good.cccc');
  assert.ok(edge.seen.every(({ method }) => method === 'GET'));
});

test('asks an edge that refuses to describe itself once, and fails each file', async (t) => {
  const cwd = await ownFolder(t);
  for (const name of ['a', 'b', 'c', 'd']) await writeFile(join(cwd, name), name);
  let asked = 0;
  const edge = await ownEdge(t, (request, response) => {
    if (request.method !== 'GET') return false;
    asked += 1;
    respondJson(response, 403, 'forbidden_origin');
    return true;
  });
  const context = testContext({ cwd });
  const result = await upload(t, context, edge.url, { files: ['a', 'b', 'c', 'd'] }, { ownPrefix: true });
  assert.equal(asked, 1);
  assert.equal(result.document.failed, 4);
});

test('names a key or prefix that an edge could never accept', async (t) => {
  const rules = [
    { writeTo: ['\ud800/'] },
    { writeTo: ['\u001b[31m/'] },
    { writeTo: ['../'] },
    { writeTo: ['.well-known/'] },
    { writeTo: ['x'.repeat(1100)] },
    { writeTo: ['x'], key: '\udfff' },
    { writeTo: ['x'], key: 'a/../b' },
    { writeTo: ['x'], key: '' },
  ];
  for (const rule of rules) {
    const edge = await ownEdge(t, (request, response) => {
      if (request.method !== 'GET') return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      const caller = { username: 'ada', sub: 's', groups: [], tokenExpiresAt: '', ...rule };
      response.end(JSON.stringify({ service: 'edge-upload', policy: {}, caller }));
      return true;
    });
    const cwd = await ownFolder(t);
    await writeFile(join(cwd, 'a.txt'), 'a');
    await assert.rejects(
      upload(t, testContext({ cwd }), edge.url, { files: ['a.txt'] }, { ownPrefix: true }),
      withCode('bad_key', /^a\.txt cannot be stored under the key “/),
      JSON.stringify(rule),
    );
    assert.equal(edge.stored.size, 0);
  }
});
