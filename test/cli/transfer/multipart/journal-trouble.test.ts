import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext as NodeTestContext, test } from 'node:test';
import { abort, list } from '../../../../cli/commands/uploads.ts';
import { EXIT } from '../../../../cli/errors.ts';
import { journalFolder } from '../../../../cli/settings/folders.ts';
import { type TestContext, testContext } from '../../../support/context.ts';
import { flatText } from '../../../support/flat.ts';
import { readAll, respondJson, type TestEdge, TOKENS } from '../helpers/edge.ts';
import { ownEdge, ownFolder, upload, withCode } from '../helpers/uploading.ts';

const PART = 5 * 1024 * 1024;

const warnings = ({ events }: TestContext) =>
  events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));

async function file(t: NodeTestContext): Promise<{ cwd: string; bytes: Buffer }> {
  const cwd = await ownFolder(t);
  const bytes = Buffer.alloc(3 * PART + 1, 'journal');
  await writeFile(join(cwd, 'big'), bytes);
  return { cwd, bytes };
}

const put = (t: NodeTestContext, context: TestContext, edge: TestEdge) =>
  upload(t, context, edge.url, { files: ['big'] }, { partSize: PART, concurrency: 2 });

test('uploads parts without a journal if none can be kept, with one warning', async (t) => {
  const { cwd, bytes } = await file(t);
  const homes: Record<string, () => Promise<string>> = {
    'a folder in which nobody can create one': async () => '/proc',
    'a path through a device': async () => '/dev/null/home',
    'no home folder': async () => '',
    'a file in the place of the folder': async () => {
      const home = await ownFolder(t);
      await writeFile(join(home, '.local'), '');
      return home;
    },
    'a folder that everybody can write to': async () => {
      const home = await ownFolder(t);
      const folder = journalFolder(testContext({ home }));
      await mkdir(folder, { recursive: true });
      await chmod(folder, 0o777);
      return home;
    },
    'a folder that is read-only': async () => {
      const home = await ownFolder(t);
      await chmod(home, 0o500);
      // Root can write everywhere, except in /proc/sys.
      return process.getuid?.() === 0 ? '/proc/sys' : home;
    },
  };
  for (const [what, prepare] of Object.entries(homes)) {
    const edge = await ownEdge(t);
    const context = testContext({ cwd, home: await prepare() });
    await put(t, context, edge);
    assert.ok(edge.stored.get('/big')?.equals(bytes), what);
    assert.equal(warnings(context).length, 1, what);
    assert.match(warnings(context)[0] ?? '', /may have to start again: /, what);
  }
});

test('warns of a missing folder for journals only if it would keep one', async (t) => {
  const { cwd } = await file(t);
  await writeFile(join(cwd, 'small'), 'small');
  const edge = await ownEdge(t);
  const context = testContext({ cwd, home: '', stdin: Readable.from([Buffer.from('small')]) });
  await upload(t, context, edge.url, { files: ['small'] });
  await upload(t, context, edge.url, { files: ['-'], as: 'stream' });
  assert.deepEqual([...edge.stored.keys()], ['/small', '/stream']);
  assert.deepEqual(warnings(context), []);
});

test('keeps the journal of a newer version, and uploads without one', async (t) => {
  const { cwd, bytes } = await file(t);
  const home = await ownFolder(t);
  const folder = journalFolder(testContext({ home }));
  let refuses = true;
  const edge = await ownEdge(t, async (request, response) => {
    if (!refuses || !request.url?.includes('partNumber=3')) return false;
    await readAll(request);
    respondJson(response, 403, 'forbidden');
    return true;
  });
  await assert.rejects(put(t, testContext({ cwd, home }), edge), withCode('forbidden'));
  refuses = false;
  const [name = ''] = await readdir(folder);
  const path = join(folder, name);
  const newer = (await readFile(path, 'utf8')).replace(/"format":\d+/, '"format":99');
  await writeFile(path, newer);
  const context = testContext({ cwd, home });
  await put(t, context, edge);
  assert.ok(edge.stored.get('/big')?.equals(bytes));
  await writeFile(join(cwd, 'big'), 'small');
  await put(t, context, edge);
  assert.equal(edge.stored.get('/big')?.toString(), 'small');
  assert.equal(warnings(context).length, 2);
  for (const text of warnings(context)) assert.match(text, /a newer version of edge-upload wrote it/);
  assert.equal(await readFile(path, 'utf8'), newer);
  const listing = testContext({ cwd, home });
  assert.deepEqual((await list(listing)).document.uploads, []);
  assert.match(warnings(listing).join('\n'), /newer version.*\nUpdate this one:\n {2}npm install/);
});

test('leaves nothing open after a failed upload without a journal', async (t) => {
  const { cwd } = await file(t);
  const edge = await ownEdge(t, async (request, response) => {
    if (!request.url?.includes('partNumber=3')) return false;
    await readAll(request);
    respondJson(response, 403, 'forbidden');
    return true;
  });
  await assert.rejects(put(t, testContext({ cwd, home: '/dev/null' }), edge), withCode('forbidden'));
  assert.equal(edge.multipart.open.size, 0);
});

test('warns if a journal becomes unwritable during the upload', async (t) => {
  const { cwd, bytes } = await file(t);
  const home = await ownFolder(t);
  const folder = journalFolder(testContext({ home }));
  for (const when of ['uploads', 'partNumber=2', 'partNumber=4']) {
    let done = false;
    const edge = await ownEdge(t, async (request) => {
      if (done || !request.url?.includes(when)) return false;
      done = true;
      // Like an unmounted or full disk, or a clean-up script.
      await rm(folder, { recursive: true });
      await writeFile(folder, 'in its place');
      return false;
    });
    const context = testContext({ cwd, home });
    await put(t, context, edge);
    assert.ok(edge.stored.get('/big')?.equals(bytes), when);
    assert.equal(warnings(context).length, 1, when);
    assert.equal(edge.multipart.open.size, 0);
    await rm(folder);
  }
});

test('reports a foreign file among the journals, and continues the upload', async (t) => {
  const { cwd, bytes } = await file(t);
  const home = await ownFolder(t);
  const folder = journalFolder(testContext({ home }));
  const edge = await ownEdge(t);
  await put(t, testContext({ cwd, home }), edge);
  await mkdir(join(folder, 'folder.jsonl'));
  await symlink('/etc/hostname', join(folder, 'link.jsonl'));
  await writeFile(join(folder, 'empty.jsonl'), '');
  await writeFile(join(folder, 'null.jsonl'), 'null\nnull\n[1]\n');
  await writeFile(join(folder, 'binary.jsonl'), Buffer.from([0xff, 0, 0xfe]));
  const context = testContext({ cwd, home });
  assert.deepEqual((await list(context)).document.uploads, []);
  assert.equal(warnings(context).length, 5);
  for (const text of warnings(context))
    assert.match(text, /\.jsonl .*\n.*(?:Move it away|Delete the file):\n {2}(?:mv|rm) \//);
  assert.deepEqual((await abort(context, { ids: [], all: true })).document.aborted, []);
  const again = testContext({ cwd, home });
  await put(t, again, edge);
  assert.ok(edge.stored.get('/big')?.equals(bytes));
  assert.deepEqual(warnings(again), []);
  assert.equal((await readdir(folder)).length, 5);
});

test('sends a token of the environment to its edge only, and skips other edges’ uploads', async (t) => {
  const { cwd } = await file(t);
  const home = await ownFolder(t);
  const refuse = async () =>
    ownEdge(t, async (request, response) => {
      if (!request.url?.includes('partNumber=3')) return false;
      await readAll(request);
      respondJson(response, 403, 'forbidden');
      return true;
    });
  const [ours, other] = [await refuse(), await refuse()];
  for (const edge of [ours, other]) {
    await assert.rejects(put(t, testContext({ cwd, home }), edge), withCode('forbidden'));
    assert.equal(edge.multipart.open.size, 1);
  }
  const before = other.seen.length;
  const env = { EDGE_UPLOAD_URL: ours.url, EDGE_UPLOAD_TOKEN: TOKENS[1] };
  const context = () => testContext({ cwd, home, env });
  const all = await abort(context(), { ids: [], all: true });
  assert.equal(all.exitCode, undefined);
  assert.equal((all.document.aborted as string[]).length, 1);
  const [skipped] = all.document.skipped as { id: string; url: string }[];
  assert.equal(skipped?.url, other.url);
  assert.match(flatText(all.text), new RegExp(`sign in:\\n +edge-upload login ${other.url}`));
  const named = await abort(context(), { ids: [skipped?.id ?? ''] });
  assert.equal(named.exitCode, EXIT.auth, 'an upload that the user named counts as a failure');
  assert.equal(other.seen.length, before, 'no request to the other edge');
  assert.deepEqual([ours.multipart.open.size, other.multipart.open.size], [0, 1]);
});

test('names the uploads that were aborted before Ctrl-C', async (t) => {
  const { cwd, bytes } = await file(t);
  await writeFile(join(cwd, 'other'), bytes);
  const home = await ownFolder(t);
  const env = { EDGE_UPLOAD_TOKEN: TOKENS[1] };
  const context = testContext({ cwd, home, env });
  let aborts = 0;
  const edge = await ownEdge(t, async (request, response) => {
    if (request.method === 'DELETE') {
      aborts += 1;
      if (aborts === 2) context.abort.abort();
      return aborts === 2;
    }
    if (request.method !== 'PUT') return false;
    await readAll(request);
    respondJson(response, 403, 'forbidden');
    return true;
  });
  for (const name of ['big', 'other']) {
    const sending = upload(t, testContext({ cwd, home }), edge.url, { files: [name] }, { partSize: PART });
    await assert.rejects(sending, withCode('forbidden'));
  }
  Object.assign(env, { EDGE_UPLOAD_URL: edge.url });
  const unfinished = async () =>
    ((await list(testContext({ home }))).document.uploads as { id: string }[]).map(({ id }) => id);
  const before = await unfinished();
  const { document, text, exitCode } = await abort(context, { ids: [], all: true });
  const after = await unfinished();
  assert.deepEqual([before.length, after.length], [2, 1]);
  const [gone] = before.filter((id) => !after.includes(id));
  assert.deepEqual(document, { aborted: [gone], failures: [], interrupted: true });
  assert.equal(exitCode, EXIT.interrupted);
  const [first, ...lines] = [text].flat();
  assert.deepEqual(first, { mark: 'failed', text: 'Interrupted: 1 upload aborted' });
  assert.deepEqual(lines.slice(0, 2), [gone, 'To list the other uploads:']);
});
