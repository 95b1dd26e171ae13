import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext as NodeTestContext, test } from 'node:test';
import { journalFolder } from '../../../../cli/settings/folders.ts';
import { listJournals } from '../../../../cli/transfer/multipart/journals.ts';
import { CLI } from '../../../e2e/harness.ts';
import { testContext } from '../../../support/context.ts';
import { type TestEdge, TOKENS } from '../helpers/edge.ts';
import { ownEdge, ownFolder, upload } from '../helpers/uploading.ts';

const PART = 5 * 1024 * 1024;

/** Opens an edge and a home folder, and returns how to run the built command line with both. */
async function killable(t: NodeTestContext) {
  const home = await ownFolder(t);
  const edge = await ownEdge(t);
  const start = (...args: string[]) =>
    spawn(process.execPath, [CLI, ...args], {
      env: { ...process.env, HOME: home, EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: TOKENS[1] },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  const uploads = async (...args: string[]) => {
    const child = start('uploads', ...args);
    const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return output;
  };
  const journals = () => listJournals(journalFolder(testContext({ home })), assert.fail);
  /** Kills an upload when the store has its first part and the rest of the stream has not arrived. */
  const putAndKill = async () => {
    const child = start('put', '-', '--as', 'k', '--part-size', '5M', '--quiet');
    const ended = once(child, 'close');
    child.stdin.write(randomBytes(2 * PART));
    await stored(edge);
    child.kill('SIGKILL');
    await ended;
  };
  return { home, edge, uploads, journals, putAndKill };
}

/** Resolves when an open upload has a part. */
async function stored({ multipart }: TestEdge): Promise<void> {
  while (![...multipart.open.values()].some(({ parts }) => parts.size > 0)) {
    await new Promise((next) => setImmediate(next));
  }
}

test('aborts the upload of a killed stream at the next stream to the same key', async (t) => {
  const { home, edge, journals, putAndKill } = await killable(t);
  await putAndKill();
  assert.equal(edge.multipart.open.size, 1);
  assert.equal((await journals()).length, 1);
  const put = (key: string, bytes: Buffer) =>
    upload(
      t,
      testContext({ home, stdin: Readable.from([bytes]) }),
      edge.url,
      { files: ['-'], as: key },
      { partSize: PART },
    );
  await put('other', randomBytes(PART + 1));
  assert.equal(edge.multipart.open.size, 1);
  for (const bytes of [randomBytes(PART + 1), Buffer.from('short')]) {
    assert.equal(edge.multipart.open.size, 1);
    await put('k', bytes);
    assert.ok(edge.stored.get('/k')?.equals(bytes));
    assert.equal(edge.multipart.open.size, 0);
    assert.deepEqual(await journals(), []);
    await putAndKill();
  }
});

test('lists the upload of a killed stream, and aborts it on request', async (t) => {
  const { edge, uploads, journals, putAndKill } = await killable(t);
  await putAndKill();
  const { uploads: listed } = JSON.parse(await uploads('list', '--json')) as {
    uploads: Record<string, unknown>[];
  };
  const [{ id, startedAt, ...rest } = {}] = listed;
  assert.deepEqual(rest, { file: 'standard input', key: 'k', url: edge.url });
  assert.match(
    await uploads('list'),
    new RegExp(`^Id .*\n${String(id).slice(0, 8)} .* k +standard input \\(cannot be resumed\\)\n`),
  );
  assert.match(
    await uploads('list', '--verbose'),
    new RegExp(`^Id .*\n${id} .* ${edge.url}/k +standard input`),
  );
  assert.deepEqual(JSON.parse(await uploads('abort', '', '--json')).error?.code, 'usage');
  assert.deepEqual(JSON.parse(await uploads('abort', 'nothing', '--json')).error?.code, 'not_found');
  assert.equal(edge.multipart.open.size, 1, 'a variable that is not set means no upload');
  assert.match(await uploads('abort', String(id), String(id)), /^1 upload aborted/);
  assert.equal(edge.multipart.open.size, 0);
  assert.deepEqual(await journals(), []);
});

test('keeps two simultaneous streams to one key apart', async (t) => {
  const home = await ownFolder(t);
  const edge = await ownEdge(t);
  const put = (stdin: Readable) =>
    upload(t, testContext({ home, stdin }), edge.url, { files: ['-'], as: 'k' }, { partSize: PART });
  const slow = new PassThrough();
  const first = put(slow);
  slow.write(randomBytes(2 * PART));
  await stored(edge);
  const bytes = randomBytes(PART + 1);
  await put(Readable.from([bytes]));
  assert.ok(edge.stored.get('/k')?.equals(bytes));
  slow.end();
  await first;
  assert.equal(edge.stored.get('/k')?.length, 2 * PART);
  assert.equal(edge.multipart.open.size, 0);
});

test('uploads a stream without a journal, with a warning', async (t) => {
  const edge = await ownEdge(t);
  const bytes = randomBytes(PART + 1);
  const context = testContext({ home: '/dev/null/home', stdin: Readable.from([bytes]) });
  await upload(t, context, edge.url, { files: ['-'], as: 'k' }, { partSize: PART });
  assert.ok(edge.stored.get('/k')?.equals(bytes));
  const warnings = context.events.filter(({ type }) => type === 'warning');
  assert.match(JSON.stringify(warnings), /may have to start again.*not a folder/);
});
