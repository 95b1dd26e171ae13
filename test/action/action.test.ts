import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ownEdge } from '../cli/transfer/helpers/uploading.ts';
import { openJob, ROOT, readAction } from './runner.ts';

const TOKEN = 'aaaa.good.cccc';

/** A job with files, and an edge that accepts its token. */
async function jobWith(t: TestContext, files: Readonly<Record<string, string>>) {
  const [job, edge] = await Promise.all([openJob(t), ownEdge(t)]);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(job.workspace, name)), { recursive: true });
    await writeFile(join(job.workspace, name), content);
  }
  const run = (inputs: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) =>
    job.run({ url: edge.url, ...inputs }, { EDGE_UPLOAD_TOKEN: TOKEN, ...env });
  return { job, edge, run };
}

test('passes inputs to scripts in the environment only, and uses no other action', async () => {
  const { inputs, outputs, runs } = await readAction();
  assert.equal(runs.using, 'composite');
  assert.deepEqual(Object.keys(inputs), ['url', 'path', 'prefix', 'options']);
  for (const { run = '', uses, shell } of runs.steps) {
    assert.deepEqual([uses, shell, run.includes('${{')], [undefined, 'bash', false]);
  }
  const ids = new Set(runs.steps.map(({ id }) => id));
  for (const { value } of Object.values(outputs)) {
    const [, id, name] = /^\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}$/.exec(value) ?? [];
    assert.ok(ids.has(id) && ['json', 'results'].includes(name ?? ''), value);
  }
});

test('uploads files and folders below a prefix, and gives later steps the result', async (t) => {
  const { job, edge, run } = await jobWith(t, {
    'dist/a.txt': 'a',
    'dist/b/c.map': 'c',
    'one file.txt': 'one',
  });
  const path = '  \n  dist \r\none file.txt\n';
  const { code, log, outputs, summary } = await run({
    // Block scalars in YAML end with a line break.
    url: `${edge.url}\n`,
    path,
    prefix: ' builds/42/ \n',
    options: '--exclude=*.map\n--no-clobber',
  });
  assert.equal(code, 0, log);
  const keys = [...edge.stored.keys()].sort();
  assert.deepEqual(keys, ['/builds/42/dist/a.txt', '/builds/42/one%20file.txt']);
  const result = JSON.parse(outputs.json ?? '');
  assert.deepEqual([result.type, result.stored, result.failed, result.bytes], ['summary', 2, 0, 4]);
  const lines = (await readFile(outputs.results ?? '', 'utf8')).trim().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).type),
    ['file', 'file'],
  );
  assert.match(summary, /^<h3>Uploaded to http[^{\n]+\d<\/h3>\n<p>2 stored&#44; 0 failed/);
  assert.match(summary, /<td>builds\/42\/dist\/a&#46;txt<\/td><td>1 byte<\/td>/);
  assert.ok(!`${log}${summary}${JSON.stringify(outputs)}`.includes(TOKEN));
  const asked = (await readFile(join(job.workspace, '../temp/npm-arguments'), 'utf8')).trim().split('\n');
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  assert.equal(asked.at(-1), `edge-upload@${version}`, 'the version of the action');
  for (const flag of ['--ignore-scripts', '--omit=optional']) assert.ok(asked.includes(flag));
});

const HOSTILE = [
  '<img src=x onerror=alert(1)>.txt',
  '**bold** [link](javascript:x) `code` | cell.txt',
  'line\nbreak\n::error::forged\n::set-output name=json::forged.txt',
  '$(touch injected) `touch injected`; touch injected.txt',
  '@everyone #1 :tada: &lt;b&gt;.txt',
  'right\u202Eto left.txt',
  'separators\u2028\u2029 and \ufeff.txt',
  '--no-such-option.txt',
];

test('keeps hostile file names out of the log, the outputs, the summary and the shell', {
  skip: process.platform === 'win32',
}, async (t) => {
  const files = Object.fromEntries(HOSTILE.map((name) => [`in/${name}`, 'x']));
  const { job, edge, run } = await jobWith(t, files);
  const { code, log, outputs, summary } = await run({ path: 'in', prefix: '$(touch injected)/' });
  // The edge refuses keys with line breaks or control characters, and stores all others.
  const stored = HOSTILE.filter((name) => !/\p{Cc}/u.test(name));
  assert.equal(edge.stored.size, stored.length, log);
  assert.notEqual(code, 0);
  assert.ok(!readdirSync(job.workspace).includes('injected'));
  const { results, json, ...others } = outputs;
  assert.deepEqual(others, {});
  assert.equal(JSON.parse(json ?? '').failed, 1);
  const names = (await readFile(results ?? '', 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).file);
  assert.deepEqual(new Set(names), new Set(HOSTILE.map((name) => `in/${name}`)));
  // The summary has only our own elements, and no characters with a meaning in Markdown.
  const text = summary.replace(/<\/?(?:h3|p|table|tr|th|td)>/g, '');
  assert.doesNotMatch(text, /[<>*`[\]|@:$]|#(?!\d)|&(?!#\d+;)/);
  const [before = '', ...rest] = log.split(/^::stop-commands::(.+)$/m);
  assert.doesNotMatch(before, /^::/m);
  const [mark = '', after = ''] = rest;
  const commands = after.split(`::${mark}::`).at(-1) ?? '';
  assert.deepEqual(
    [...commands.matchAll(/^::(\w+)/gm)].map(([, name]) => name),
    ['error'],
  );
});

test('ends with edge-upload’s exit code and an annotation on failure', async (t) => {
  const { run } = await jobWith(t, { 'a.txt': 'a' });
  for (const [inputs, code, annotation] of [
    [{ path: ' \n' }, 2, /^::error title=edge-upload::The input path names no file/m],
    [{ path: 'a.txt', url: '' }, 2, /The input url is missing/],
    [{ path: 'a.txt', options: '--part-size=8M\n; rm -rf /' }, 2, /one option a line.*: ; rm -rf \/$/m],
    [{ path: 'a.txt', prefix: 'a/\nb/' }, 2, /The input prefix has more than one line/],
    [{ path: 'a.txt', options: '--' }, 2, /one option a line/],
    [{ path: 'a.txt', options: '-' }, 2, /one option a line/],
    [{ path: 'a.txt', options: '--part-size=1' }, 2, /^::error title=edge-upload::.*--part-size/m],
    [
      { path: 'a.txt', options: '--part-size 8M' },
      2,
      /with its value behind =; this is none: --part-size 8M/,
    ],
    [
      { path: 'a.txt', options: '--help' },
      1,
      /^Usage: edge-upload put[\s\S]*^::error title=edge-upload::The upload failed/m,
    ],
    [{ path: 'missing.txt' }, 3, /^::error title=edge-upload::.*missing\.txt/m],
  ] as const) {
    const ran = await run(inputs);
    assert.equal(ran.code, code, ran.log);
    assert.match(ran.log, annotation);
  }
  const refused = await run({ path: 'a.txt' }, { EDGE_UPLOAD_TOKEN: 'aaaa.bbbb.cccc' });
  assert.equal(refused.code, 4);
  assert.match(refused.outputs.json ?? '', /"failed":1|token_refused/);
});

test('warns if the input path has no files', async (t) => {
  const { job, edge, run } = await jobWith(t, {});
  await mkdir(join(job.workspace, 'dist'));
  const { code, log, outputs } = await run({ path: 'dist' });
  assert.equal(code, 0, log);
  assert.match(log, /^::warning title=edge-upload::No file was found in the input path\.$/m);
  assert.equal(JSON.parse(outputs.json ?? '').files, 0);
  assert.equal(edge.stored.size, 0);
});

test('shows no secret of a refused address, and each line of an error on its own', async (t) => {
  const { edge, run } = await jobWith(t, { 'a.txt': 'a' });
  const { host } = new URL(edge.url);
  const secret = 'eyJhbGciOiJFZERTQSJ9';
  for (const url of [
    `${edge.url}/#eul_${secret}.e30.c2ln`,
    `https://ada:${secret}@${host}`,
    `${edge.url}/?token=${secret}`,
    `eul_${secret}.e30.c2ln`,
  ]) {
    const { code, log, outputs, summary } = await run({ path: 'a.txt', url });
    assert.equal(code, 2, log);
    assert.match(summary, /^<h3>The upload failed<\/h3>\n<p>.+<\/p>\n<p>.+<\/p>\n/);
    assert.doesNotMatch(summary, /u&#123;/);
    assert.ok(!`${log}${summary}${JSON.stringify(outputs)}`.toLowerCase().includes(secret.toLowerCase()));
  }
});

test('uploads everything although the results do not fit on the disk, and warns', async (t) => {
  const names = Array.from({ length: 300 }, (_, at) => `${at}.txt`);
  const { job, edge, run } = await jobWith(t, Object.fromEntries(names.map((name) => [`in/${name}`, name])));
  // The largest file that the step can write, in KiB: more than the summary, and less than the results.
  const limit = join(job.workspace, '../limit');
  await writeFile(limit, 'ulimit -f 30\n');
  const { code, log, outputs } = await run({ path: 'in' }, { BASH_ENV: limit });
  assert.equal(code, 0, log);
  assert.match(log, /^::warning title=edge-upload::Incomplete results: EFBIG/m);
  assert.equal(JSON.parse(outputs.json ?? '').stored, names.length);
  assert.equal(edge.stored.size, names.length);
});

test('fails with an annotation if the outputs cannot be written, and warns if the summary cannot', async (t) => {
  const { job, edge, run } = await jobWith(t, { 'a.txt': 'a' });
  // A folder cannot be written, like a file on a full disk.
  for (const [file, code, annotation] of [
    ['GITHUB_OUTPUT', 1, /^::error title=edge-upload::The outputs of the step were not written: E/m],
    ['GITHUB_STEP_SUMMARY', 0, /^::warning title=edge-upload::The job summary was not written: E/m],
  ] as const) {
    edge.stored.clear();
    const ran = await run({ path: 'a.txt' }, { [file]: job.workspace });
    assert.equal(ran.code, code, ran.log);
    assert.match(ran.log, annotation);
    assert.doesNotMatch(ran.log, /^ +at /m);
    assert.equal(edge.stored.size, 1);
    assert.equal(ran.summary !== '', file === 'GITHUB_OUTPUT');
  }
});

test('names the missing line of permissions for ID tokens', async (t) => {
  const { run } = await jobWith(t, { 'a.txt': 'a' });
  const { code, log } = await run({ path: 'a.txt' }, { EDGE_UPLOAD_TOKEN: '' });
  assert.equal(code, 4, log);
  assert.match(log, /::error title=edge-upload::.*id-token: write/);
});
