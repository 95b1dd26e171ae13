import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext as NodeTestContext, test } from 'node:test';
import { journalFolder } from '../../../../cli/settings/folders.ts';
import { listJournals } from '../../../../cli/transfer/multipart/journals.ts';
import { CLI } from '../../../e2e/harness.ts';
import { testContext } from '../../../support/context.ts';
import { runProgram } from '../../../support/programs.ts';
import {
  cutResponse,
  type EdgeFault,
  loseResponse,
  respondJson,
  respondXml,
  type TestEdge,
  TOKENS,
} from '../helpers/edge.ts';
import { ownEdge, ownFolder, upload, withCode } from '../helpers/uploading.ts';

const PART = 5 * 1024 * 1024;
const KEY = 'big file.bin';
const PATH = '/big%20file.bin';

const opens = ({ method, url }: IncomingMessage) => method === 'POST' && url?.endsWith('?uploads=') === true;
const lists = ({ method, url }: IncomingMessage) => method === 'GET' && url?.endsWith('?uploads=') === true;

const idIn = ({ url }: IncomingMessage) => /uploadId=([^&]*)/.exec(url ?? '')?.[1] ?? '';

/** Runs `edge-upload uploads` with a valid token. */
function uploads(home: string, { url }: TestEdge, ...args: string[]) {
  const env = { ...process.env, HOME: home, EDGE_UPLOAD_URL: url, EDGE_UPLOAD_TOKEN: TOKENS[1] };
  return runProgram(process.execPath, [CLI, 'uploads', ...args], { env });
}

interface LosingEdge extends TestEdge {
  /** Number of uploads that were created. */
  opened(): number;
}

/** Starts an edge that cuts its responses to the first creations. `first` is called for every request before. */
async function losing(
  t: NodeTestContext,
  answers: number,
  first: EdgeFault = () => false,
): Promise<LosingEdge> {
  let opened = 0;
  const edge: TestEdge = await ownEdge(t, async (request, response, number) => {
    if (await first(request, response, number)) return true;
    if (!opens(request)) return false;
    opened += 1;
    return opened <= answers && cutResponse(edge, request);
  });
  return { ...edge, opened: () => opened };
}

/** A file of two parts, and a home for journals. */
async function bigFile(t: NodeTestContext) {
  const home = await ownFolder(t);
  const bytes = randomBytes(PART + 12_345);
  await writeFile(join(home, KEY), bytes);
  const put = (edge: TestEdge, context = testContext({ cwd: home, home })) =>
    upload(t, context, edge.url, { files: [KEY] }, { partSize: PART });
  const journals = () => listJournals(journalFolder(testContext({ home })), assert.fail);
  return { home, bytes, put, journals };
}

test('aborts an upload whose creation got no response, once its replacement is open', async (t) => {
  const { bytes, put, journals } = await bigFile(t);
  const edge = await losing(t, 2);
  await put(edge);
  assert.equal(edge.opened(), 3, 'two responses were lost');
  assert.ok(edge.stored.get(PATH)?.equals(bytes));
  assert.equal(edge.multipart.open.size, 0);
  assert.deepEqual(await journals(), []);
});

test('keeps uploads of other clients: with parts, other keys or other times', async (t) => {
  const { put } = await bigFile(t);
  const parts = new Map([[1, { body: Buffer.from('theirs'), etag: 'e'.repeat(32), checksum: 'AAAAAA==' }]]);
  const edge: LosingEdge = await losing(t, 1, (request) => {
    if (lists(request)) edge.multipart.open.set('newer', { path: PATH, headers: {}, parts: new Map() });
    return false;
  });
  const initiated = new Date(Date.now() - 60_000);
  edge.multipart.open.set('earlier', { path: PATH, headers: {}, parts: new Map(), initiated });
  edge.multipart.open.set('with a part', { path: PATH, headers: {}, parts });
  edge.multipart.open.set('longer key', { path: `${PATH}.old`, headers: {}, parts: new Map() });
  edge.multipart.open.set('key with a space', { path: `${PATH}%20`, headers: {}, parts: new Map() });
  edge.multipart.open.set('other key', { path: '/other', headers: {}, parts: new Map() });
  await put(edge);
  assert.equal(edge.opened(), 2);
  assert.deepEqual([...edge.multipart.open.keys()].sort(), [
    'earlier',
    'key with a space',
    'longer key',
    'newer',
    'other key',
    'with a part',
  ]);
});

test('continues the search if an upload ends meanwhile', async (t) => {
  const { put } = await bigFile(t);
  let listed = 0;
  const edge: LosingEdge = await losing(t, 2, (request) => {
    // The first upload has ended when its parts are listed.
    if (request.url?.includes('max-parts=1') && listed++ === 0) edge.multipart.open.delete(idIn(request));
    return false;
  });
  await put(edge);
  assert.equal(listed, 2);
  assert.equal(edge.multipart.open.size, 0);
});

test('searches for nothing after a creation that succeeded or was refused', async (t) => {
  const { put } = await bigFile(t);
  let busy = true;
  const edge = await ownEdge(t, (request, response) => {
    if (!opens(request) || !busy) return false;
    busy = false;
    respondXml(response, 503, 'SlowDown');
    return true;
  });
  await put(edge);
  assert.ok(!edge.seen.some(({ method, path }) => method === 'GET' && path.endsWith('?uploads=')));
});

test('keeps a journal if the run is killed, so that the next run cleans up', async (t) => {
  const { home, bytes, journals } = await bigFile(t);
  let kill: (() => void) | undefined;
  const edge: TestEdge = await ownEdge(t, async (request) => {
    if (!opens(request) || kill === undefined) return false;
    await loseResponse(edge, request);
    kill();
    return true;
  });
  const start = () =>
    spawn(process.execPath, [CLI, 'put', KEY, '--part-size', '5M', '--json'], {
      cwd: home,
      env: { ...process.env, HOME: home, EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: TOKENS[1] },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  for (const round of [1, 2]) {
    const child = start();
    kill = () => child.kill('SIGKILL');
    const [, signal] = await once(child, 'close');
    assert.equal(signal, 'SIGKILL');
    assert.equal(edge.multipart.open.size, round);
    const [left] = await journals();
    assert.equal(left?.entry.key, KEY);
    assert.equal(left?.opened, undefined);
  }
  kill = undefined;
  const child = start();
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(code, 0, output);
  assert.ok(edge.stored.get(PATH)?.equals(bytes));
  assert.equal(edge.multipart.open.size, 0);
  assert.deepEqual(await journals(), []);
});

test('keeps the unanswered upload on record if its replacement cannot be finished', async (t) => {
  const { home, put, journals } = await bigFile(t);
  const edge: LosingEdge = await losing(t, 1, (request, response) => {
    if (edge.opened() > 2 || !request.url?.includes('partNumber=2')) return false;
    respondXml(response, 403, 'AccessDenied');
    return true;
  });
  await assert.rejects(put(edge), withCode('forbidden'));
  assert.equal((await journals())[0]?.opened?.unanswered, true);
  // The file has changed: its old upload is aborted at once, and a third one is opened.
  await writeFile(join(home, KEY), randomBytes(PART + 1));
  await put(edge);
  assert.equal(edge.opened(), 3);
  assert.equal(edge.multipart.open.size, 0);
});

test('aborts a failed upload together with the unanswered one', async (t) => {
  const { home, put, journals } = await bigFile(t);
  const edge = await losing(t, 1, async (request) => {
    if (request.url?.includes('partNumber=2')) await writeFile(join(home, KEY), 'shorter');
    return false;
  });
  await assert.rejects(put(edge), withCode('file_changed'));
  assert.equal(edge.multipart.open.size, 0);
  assert.deepEqual(await journals(), []);
});

test('leaves no journal after a refused creation', async (t) => {
  const { put, journals } = await bigFile(t);
  const edge = await ownEdge(t, (request, response) => {
    if (opens(request)) respondJson(response, 403, 'forbidden_key');
    return opens(request);
  });
  await assert.rejects(put(edge), withCode('forbidden'));
  assert.deepEqual(await journals(), []);
});

test('stores the file with a warning if uploads cannot be listed', async (t) => {
  const { home, bytes, put } = await bigFile(t);
  const edge = await losing(t, 1, (request, response) => {
    if (lists(request)) respondJson(response, 405, 'method_not_allowed');
    return lists(request);
  });
  const context = testContext({ cwd: home, home });
  await put(edge, context);
  assert.ok(edge.stored.get(PATH)?.equals(bytes));
  assert.equal(edge.multipart.open.size, 1);
  const warnings = context.events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /big file\.bin.*lifecycle.*method_not_allowed/);
});

test('aborts a stream’s upload whose creation got no response', async (t) => {
  const edge = await losing(t, 1);
  const context = testContext({ stdin: Readable.from([randomBytes(PART + 1)]) });
  await upload(t, context, edge.url, { files: ['-'], as: 'k' }, { partSize: PART });
  assert.equal(edge.stored.get('/k')?.length, PART + 1);
  assert.equal(edge.multipart.open.size, 0);
});

test('leaves nothing open after a stream that cannot be finished', async (t) => {
  const edge = await losing(t, 1, (request, response) => {
    if (request.method === 'PUT') respondXml(response, 403, 'AccessDenied', { connection: 'close' });
    return request.method === 'PUT';
  });
  const context = testContext({ stdin: Readable.from([randomBytes(PART + 1)]) });
  const sending = upload(t, context, edge.url, { files: ['-'], as: 'k' }, { partSize: PART });
  await assert.rejects(sending, withCode('forbidden'));
  assert.equal(edge.multipart.open.size, 0);
});

test('uploads abort aborts an upload whose creation got no response', async (t) => {
  const { home, put, journals } = await bigFile(t);
  const context = testContext({ cwd: home, home });
  const edge: TestEdge = await ownEdge(t, async (request) => {
    if (!opens(request)) return false;
    await loseResponse(edge, request);
    context.abort.abort();
    return true;
  });
  await assert.rejects(put(edge, context), withCode('interrupted'));
  assert.equal(edge.multipart.open.size, 1);
  const run = async (...args: string[]) => {
    const { stdout } = await uploads(home, edge, ...args, '--json');
    return JSON.parse(stdout) as Record<string, unknown[]>;
  };
  const [listed] = (await run('list')).uploads as { id: string; key: string; storedBytes: number }[];
  assert.deepEqual([listed?.key, listed?.storedBytes], [KEY, 0]);
  const document = await run('abort', listed?.id ?? '');
  assert.deepEqual(document, { aborted: [listed?.id], failures: [] });
  assert.equal(edge.multipart.open.size, 0);
  assert.deepEqual(await journals(), []);
});

test('uploads abort --forget sends nothing to an edge that may no longer exist', async (t) => {
  const { home, put, journals } = await bigFile(t);
  const edge = await ownEdge(t, (request, response) => {
    if (request.method === 'PUT') respondXml(response, 403, 'AccessDenied');
    return request.method === 'PUT';
  });
  await assert.rejects(put(edge), withCode('forbidden'));
  await edge.close();
  const run = async (...args: string[]) => {
    const { stdout: output, code } = await uploads(home, edge, 'abort', '--all', ...args);
    return { output, code };
  };
  const failed = await run();
  assert.equal(failed.code, 5);
  assert.match(failed.output, /--forget/);
  assert.equal((await journals()).length, 1);
  assert.deepEqual(await run('--forget'), { output: '1 upload forgotten\n', code: 0 });
  assert.deepEqual(await journals(), []);
});
