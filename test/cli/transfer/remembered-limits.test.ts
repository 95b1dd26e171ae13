import assert from 'node:assert/strict';
import { chmod, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext as NodeTestContext, test } from 'node:test';
import type { Context } from '../../../cli/context.ts';
import { tokenSource } from '../../../cli/identity/tokens/token-source.ts';
import { forgetLimits, rememberedLimits } from '../../../cli/transfer/limits.ts';
import { rows, type TestContext, testContext } from '../../support/context.ts';
import { readAll, respondJson } from './helpers/edge.ts';
import { ownEdge, ownFolder, tokensOf, upload, withCode } from './helpers/uploading.ts';

/** An edge whose rule can change, and a home folder with cached limits. */
async function changeable(t: NodeTestContext) {
  const rule: { writeTo: string[]; maxSize?: number } = { writeTo: ['ada/'] };
  const edge = await ownEdge(t, async (request, response) => {
    const { method, url = '' } = request;
    if (method === 'GET' && url === '/.well-known/edge-upload') {
      const caller = { username: 'ada', sub: 's', groups: [], writeTo: rule.writeTo, tokenExpiresAt: '' };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ policy: { maxSize: rule.maxSize }, caller }));
      return true;
    }
    if (rule.writeTo.some((prefix) => url.slice(1).startsWith(prefix))) return false;
    await readAll(request);
    respondJson(response, 403, 'forbidden_key');
    return true;
  });
  const home = await ownFolder(t);
  for (const name of ['a', 'b', 'c']) await writeFile(join(home, name), name);
  const put = async (over: Partial<Context> = {}, token = 'good', file = 'a'): Promise<TestContext> => {
    const context = testContext({ cwd: home, home, ...over });
    const target = { url: edge.url };
    await upload(
      t,
      context,
      edge.url,
      { files: file === '-' ? ['-'] : file.split(' '), ...(file === '-' && { as: 'piped' }) },
      {
        ownPrefix: true,
        tokens: tokensOf(token),
        limitsMemory: rememberedLimits(context, target, tokenSource(context, target)),
      },
    );
    return context;
  };
  const asked = () => edge.seen.filter(({ method }) => method === 'GET').length;
  const stored = () => [...edge.stored.keys()].sort();
  return { rule, edge, home, put, asked, stored };
}

test('requests limits once per token, and keeps them in a private file without the token', async (t) => {
  const { home, put, asked, stored } = await changeable(t);
  await put();
  await put({}, 'good', 'b');
  assert.equal(asked(), 1);
  assert.deepEqual(stored(), ['/ada/a', '/ada/b']);
  const folder = join(home, '.local/state/edge-upload/limits');
  const [name = '', ...others] = await readdir(folder);
  assert.deepEqual(others, []);
  assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
  assert.doesNotMatch(await readFile(join(folder, name), 'utf8'), /good/);
  await put({}, 'aaaa.good.cccc');
  assert.equal(asked(), 2, 'another token');
});

test('forgets limits that a command has made obsolete', async (t) => {
  const { rule, home, edge, put, stored } = await changeable(t);
  const context = testContext({ cwd: home, home });
  await forgetLimits(context, edge.url);
  await put();
  rule.writeTo = [''];
  await put({}, 'good', 'b');
  await forgetLimits(context, edge.url);
  await put({}, 'good', 'c');
  assert.deepEqual(stored(), ['/ada/a', '/ada/b', '/c']);
});

test('requests changed limits once per command, and applies them to each file', async (t) => {
  const { rule, put, asked, stored, edge } = await changeable(t);
  await put();
  rule.writeTo = ['eve/'];
  const { events } = await put({}, 'good', 'a b c');
  assert.equal(asked(), 2);
  assert.deepEqual(stored(), ['/ada/a', '/eve/a', '/eve/b', '/eve/c']);
  assert.deepEqual(
    rows(events)
      .map(({ key }) => key)
      .sort(),
    ['eve/a', 'eve/b', 'eve/c'],
  );
  // With several prefixes, the error names them.
  rule.writeTo = ['red/', 'blue/'];
  await assert.rejects(put(), withCode('forbidden', /“red\/” or “blue\/”/));
  rule.writeTo = ['x/'];
  await put();
  assert.equal(asked(), 4);
  assert.ok(edge.stored.has('/x/a'));
});

test('refuses no file by old limits that the edge allows now', async (t) => {
  const { rule, home, put, stored } = await changeable(t);
  await truncate(join(home, 'a'), 9 * 1024 * 1024);
  rule.maxSize = 1000;
  await assert.rejects(put(), withCode('too_large', /1000 bytes/, /operator/));
  rule.maxSize = 10 * 1024 * 1024;
  await put();
  // A key under the old prefix would be too long.
  rule.writeTo = [`${'x'.repeat(1023)}/`];
  await put({}, 'aaaa.good.cccc', 'b').catch(withCode('bad_key'));
  rule.writeTo = ['eve/'];
  await put({}, 'aaaa.good.cccc', 'c');
  assert.deepEqual(stored(), ['/ada/a', '/eve/c']);
});

test('places a stream by the current limits of the edge', async (t) => {
  const { rule, put, stored } = await changeable(t);
  await put();
  rule.writeTo = ['eve/'];
  await put({ stdin: Readable.from([Buffer.from('piped')]) }, 'good', '-');
  assert.deepEqual(stored(), ['/ada/a', '/eve/piped']);
});

test('requests limits each time for a token of the environment, or without a writable folder', async (t) => {
  const { home, edge, put, asked } = await changeable(t);
  const env = { EDGE_UPLOAD_TOKEN: 'good', EDGE_UPLOAD_URL: edge.url };
  await put({ env });
  await put({ env });
  assert.equal(asked(), 2);
  assert.deepEqual((await readdir(home)).sort(), ['a', 'b', 'c']);
  await put({ home: '/dev/null/home' });
  assert.equal(asked(), 3);
  await put();
  const folder = join(home, '.local/state/edge-upload/limits');
  for (const file of await readdir(folder)) await writeFile(join(folder, file), '{"token":');
  await put();
  await chmod(folder, 0o777);
  await put();
  assert.equal(asked(), 6);
});
