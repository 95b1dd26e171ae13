import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream, openSync } from 'node:fs';
import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type TestContext as NodeTestContext, test } from 'node:test';
import { dryRun } from '../../../../cli/transfer/dry-run.ts';
import type { Item } from '../../../../cli/transfer/sources/items.ts';
import { openSources, type SourceOptions } from '../../../../cli/transfer/sources/sources.ts';
import { rows, testContext } from '../../../support/context.ts';
import { ownEdge, ownFolder, upload, withCode } from '../helpers/uploading.ts';

async function tree(t: NodeTestContext, ...files: string[]): Promise<string> {
  const folder = await ownFolder(t);
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), file);
  }
  return folder;
}

/** Its home folder is the current one. */
const worldOf = (cwd: string, stdin: Readable = Readable.from([])) => ({
  cwd,
  stdin,
  signal: new AbortController().signal,
  env: {},
  platform: 'linux' as const,
  home: cwd,
});

async function find(cwd: string, options: SourceOptions, stdin?: Readable) {
  const warnings: string[] = [];
  const sources = await openSources(options, worldOf(cwd, stdin));
  const items: Item[] = [];
  for await (const item of sources.items((text) => warnings.push(text))) items.push(item);
  return { items, warnings, keys: items.map(({ key }) => key).sort() };
}

const keys = async (cwd: string, options: SourceOptions, stdin?: Readable) =>
  (await find(cwd, options, stdin)).keys;

test('keeps a folder’s name, or uploads its content if the path ends in /', async (t) => {
  const cwd = await tree(t, 'photos/a.jpg', 'photos/2026/b.jpg', 'photos/.hidden', 'c.txt');
  const inside = ['.hidden', '2026/b.jpg', 'a.jpg'];
  const named = inside.map((key) => `photos/${key}`);
  assert.deepEqual(await keys(cwd, { files: ['photos'], recursive: true }), named);
  assert.deepEqual(await keys(cwd, { files: ['photos/'], recursive: true }), inside);
  assert.deepEqual(await keys(join(cwd, 'photos'), { files: ['.'], recursive: true }), inside);
  assert.deepEqual(
    await keys(cwd, { files: ['photos', 'c.txt'], recursive: true, prefix: 'x/' }),
    ['x/c.txt', ...named.map((key) => `x/${key}`)].sort(),
  );
  assert.deepEqual(
    await keys(cwd, { files: ['photos'], recursive: true, as: 'album' }),
    inside.map((key) => `album/${key}`),
  );
  const [without] = (await find(cwd, { files: ['photos'] })).items;
  assert.equal(without?.kind, 'file', 'without -r the folder is listed as a file, and its upload fails');
});

test('uploads the content of a folder without its name', async (t) => {
  const cwd = await tree(t, 'd/a.txt', 'd/sub/b.txt');
  const inside = ['a.txt', 'sub/b.txt'];
  const below = (folder: string) => inside.map((key) => `${folder}${key}`);
  const inFolder = join(cwd, 'd');
  for (const name of ['.', './', './.', '../d/', '../d/.', 'sub/..', 'sub/../']) {
    assert.deepEqual(await keys(inFolder, { files: [name], recursive: true }), inside, name);
  }
  for (const name of ['d', './d', 'd/../d']) {
    assert.deepEqual(await keys(cwd, { files: [name], recursive: true }), below('d/'), name);
  }
  assert.deepEqual(await keys(cwd, { files: ['d/.'], recursive: true }), inside);
  assert.deepEqual(await keys(inFolder, { files: ['./a.txt'] }), ['a.txt']);

  const listed = (at: string, line: string) =>
    keys(at, { files: [], filesFrom: '-', recursive: true }, Readable.from([Buffer.from(`${line}\n`)]));
  for (const line of ['.', './', './.', 'sub/..', 'sub/../']) {
    assert.deepEqual(await listed(inFolder, line), inside, line);
  }
  for (const line of ['..', '../', './..', '../.']) {
    assert.deepEqual(await listed(join(inFolder, 'sub'), line), inside, line);
  }
  for (const line of ['d', 'd/', './d', './/d//', 'd/.', 'd/sub/..']) {
    assert.deepEqual(await listed(cwd, line), below('d/'), line);
  }
  assert.deepEqual(await listed(cwd, join(cwd, 'd/a.txt')), [join(cwd, 'd/a.txt').slice(1)]);
});

test('accepts --as with / at the end for a folder', async (t) => {
  const cwd = await tree(t, 'd/a.txt');
  for (const as of ['x', 'x/', 'x//']) {
    assert.deepEqual(await keys(cwd, { files: ['d'], recursive: true, as }), ['x/a.txt'], as);
  }
  assert.deepEqual(await keys(cwd, { files: ['.'], recursive: true, as: 'x/' }), ['x/d/a.txt']);
  assert.deepEqual(await keys(cwd, { files: ['d'], recursive: true, as: '/' }), ['a.txt']);
});

test('uses names as keys byte for byte', async (t) => {
  const names = [
    'a b',
    '#?%+&',
    '100%25',
    '🦊',
    'e\u0301',
    'é',
    '-rf',
    '.env',
    '[x]*',
    "it's",
    'back\\slash',
  ];
  const cwd = await tree(t, ...names.map((name) => `d/${name}`));
  assert.deepEqual(await keys(cwd, { files: ['d/'], recursive: true }), [...names].sort());
});

test('includes and excludes by name anywhere, by path, and whole folders', async (t) => {
  const cwd = await tree(
    t,
    'd/a.jpg',
    'd/a.txt',
    'd/sub/b.jpg',
    'd/sub/.b.jpg',
    'd/node_modules/c.jpg',
    'd/build/out/d.jpg',
  );
  const filtered = (options: Partial<SourceOptions>) =>
    keys(cwd, { files: ['d/'], recursive: true, ...options });
  assert.deepEqual(await filtered({ include: ['*.txt'] }), ['a.txt']);
  assert.deepEqual(await filtered({ include: ['*.jpg'], exclude: ['node_modules/', 'build/**'] }), [
    'a.jpg',
    'sub/.b.jpg',
    'sub/b.jpg',
  ]);
  assert.deepEqual(await filtered({ include: ['sub/*'] }), ['sub/.b.jpg', 'sub/b.jpg']);
  assert.deepEqual(await filtered({ include: ['**/b.jpg', '*.{txt,md}'] }), ['a.txt', 'sub/b.jpg']);
  assert.deepEqual(await filtered({ exclude: ['*.jpg'] }), ['a.txt']);
  assert.deepEqual(await filtered({ include: ['/*.jpg'] }), ['a.jpg']);
  assert.deepEqual(await filtered({ include: ['*.jpg'], exclude: ['/build/', './sub', '/c.jpg'] }), [
    'a.jpg',
    'node_modules/c.jpg',
  ]);
});

test('matches a folder and all its content by a pattern with / at the end', async (t) => {
  const cwd = await tree(t, 'd/raw/a', 'd/raw/deep/b', 'd/sub/raw/c', 'd/sub/e', 'd/other/raw');
  const filtered = (options: Partial<SourceOptions>) =>
    keys(cwd, { files: ['d/'], recursive: true, ...options });
  const inRaw = ['raw/a', 'raw/deep/b', 'sub/raw/c'];
  assert.deepEqual(await filtered({ include: ['raw/'] }), inRaw);
  assert.deepEqual(await filtered({ include: ['/raw/'] }), ['raw/a', 'raw/deep/b']);
  assert.deepEqual(await filtered({ include: ['sub/raw/', 'e'] }), ['sub/e', 'sub/raw/c']);
  assert.deepEqual(await filtered({ include: ['raw//'], exclude: ['deep'] }), ['raw/a', 'sub/raw/c']);
  assert.deepEqual(
    await filtered({ exclude: ['raw/'] }),
    ['other/raw', 'sub/e'],
    'raw/ does not exclude a file',
  );
  assert.deepEqual(await filtered({ exclude: ['raw'] }), ['sub/e'], 'raw excludes files and folders');
  for (const pattern of ['', '/', './', '//']) {
    await assert.rejects(filtered({ exclude: [pattern] }), withCode('usage', /is not a pattern/), pattern);
  }
});

test('excludes typed and listed paths like found ones', async (t) => {
  const cwd = await tree(t, 'src/a.js', 'node_modules/x/i.js', 'raw/b.jpg', 'raw/b.txt', 'debug.log');
  const files = ['src', 'node_modules', 'raw', 'debug.log'];
  const named = (options: Partial<SourceOptions>) => keys(cwd, { files, recursive: true, ...options });
  assert.deepEqual(await named({ exclude: ['node_modules', '*.log', 'raw/'] }), ['src/a.js']);
  const content = { files: ['raw/'], recursive: true, exclude: ['raw/'] };
  assert.deepEqual(await keys(cwd, content), ['b.jpg', 'b.txt'], 'patterns do not apply to the named folder');
  const listed = (options: Partial<SourceOptions>, ...lines: string[]) =>
    keys(
      cwd,
      { files: [], filesFrom: '-', recursive: true, ...options },
      Readable.from([Buffer.from(lines.join('\n'))]),
    );
  const lines = ['src', 'node_modules/x/i.js', 'node_modules', './raw/b.jpg', 'raw/b.txt'];
  for (const exclude of [
    ['node_modules', 'raw/'],
    ['node_modules/', 'raw/*'],
    ['/node_modules', 'b.*'],
  ]) {
    assert.deepEqual(await listed({ exclude }, ...lines), ['src/a.js'], exclude.join());
  }
  assert.deepEqual(await listed({ include: ['raw/*.jpg'] }, ...lines), ['raw/b.jpg']);
  assert.deepEqual(await listed({ include: ['raw/'] }, ...lines), ['raw/b.jpg', 'raw/b.txt']);
});

test('reports an unreadable folder with any --include', {
  skip: process.platform === 'linux' ? false : 'other systems refuse such a name',
}, async (t) => {
  const cwd = await tree(t, 'd/a.jpg');
  await symlink('nowhere', join(cwd, 'd/broken'));
  // A name that is not UTF-8: no file has the name that Node returns for it.
  const odd = Buffer.concat([Buffer.from(join(cwd, 'd/odd')), Buffer.from([0xe9])]);
  await mkdir(odd);
  const { items } = await find(cwd, { files: ['d/'], recursive: true, include: ['*.jpg'] });
  assert.deepEqual(items.map(({ kind }) => kind).sort(), ['file', 'refused']);
  const messages = items.flatMap((item) => (item.kind === 'refused' ? [item.error.message] : []));
  assert.match(messages.join(), /^The name of d\/odd\ufffd is not valid UTF-8/);
});

test('warns of an upload without files', async (t) => {
  const cwd = await tree(t, 'd/a.txt', 'list');
  await writeFile(join(cwd, 'list'), '\n');
  const warningsOf = async (options: SourceOptions) => (await find(cwd, options)).warnings;
  const folder = { files: ['d'], recursive: true };
  const filtered = [/--include and --exclude leave no file/];
  for (const [options, expected] of [
    [{ ...folder, include: ['*.nothing'] }, filtered],
    [{ ...folder, exclude: ['*'] }, filtered],
    [{ files: [], filesFrom: 'list' }, [/no file was found\./]],
    [{ ...folder, include: ['*.txt'] }, []],
    [{ files: ['absent'] }, []],
  ] as const) {
    const warnings = await warningsOf(options);
    assert.equal(warnings.length, expected.length, JSON.stringify({ options, warnings }));
    for (const pattern of expected) assert.match(warnings.join(), pattern);
  }
});

test('follows links, and skips circular ones with a warning', async (t) => {
  const cwd = await tree(t, 'd/a', 'elsewhere/b');
  await symlink('../elsewhere', join(cwd, 'd/link'));
  await symlink('..', join(cwd, 'elsewhere/up'));
  await symlink('../d', join(cwd, 'd/self'));
  await symlink('nowhere', join(cwd, 'd/broken'));
  const { items, warnings, keys } = await find(cwd, { files: ['d/'], recursive: true });
  assert.ok(keys.includes('a') && keys.includes('link/b'));
  assert.ok(warnings.some((text) => text.includes(join('d', 'self'))));
  assert.ok(warnings.length >= 2 && items.length < 10, 'the walk leaves a cycle of links');
  const broken = items.find(({ key }) => key === 'broken');
  assert.ok(broken?.kind === 'refused' && broken.error.code === 'file_missing');
  assert.equal(broken.error.message, `${join('d', 'broken')} is a link to something that does not exist.`);
  assert.ok(!warnings.join().includes(cwd), 'messages contain no absolute path');
});

test('skips special files with a warning', { skip: process.platform === 'win32' }, async (t) => {
  const cwd = await tree(t, 'd/a');
  execFileSync('mkfifo', [join(cwd, 'd/pipe')]);
  const { keys, warnings } = await find(cwd, { files: ['d/'], recursive: true });
  assert.deepEqual(keys, ['a']);
  assert.match(warnings[0] ?? '', /^Skipped d\/pipe: it is neither a file nor a folder/);
});

test('reads lists of lines or NUL from files and standard input, with their folders', async (t) => {
  const cwd = await tree(t, 'a.txt', 'sub/b.txt', 'sub/line\nbreak');
  await writeFile(join(cwd, 'list'), './a.txt\n\nsub/b.txt');
  assert.deepEqual(await keys(cwd, { files: [], filesFrom: 'list' }), ['a.txt', 'sub/b.txt']);
  const piped = Readable.from([Buffer.from('sub/'), Buffer.from('b.txt\na.t'), Buffer.from('xt')]);
  assert.deepEqual(await keys(cwd, { files: [], filesFrom: '-' }, piped), ['a.txt', 'sub/b.txt']);
  const windows = Readable.from([Buffer.from('\ufeffa.txt\r\n\r\nsub/b.txt\r\n')]);
  assert.deepEqual(await keys(cwd, { files: [], filesFrom: '-' }, windows), ['a.txt', 'sub/b.txt']);
  const nul = Readable.from([Buffer.from('a.txt\0sub/line\nbreak\0')]);
  assert.deepEqual(await keys(cwd, { files: [], filesFrom: '-', prefix: 'p/' }, nul), [
    'p/a.txt',
    'p/sub/line\nbreak',
  ]);
  const folders = Readable.from([Buffer.from(`sub\n`)]);
  assert.deepEqual(await keys(cwd, { files: [], filesFrom: '-', recursive: true }, folders), [
    'sub/b.txt',
    'sub/line\nbreak',
  ]);
  await assert.rejects(keys(cwd, { files: [], filesFrom: 'absent' }), withCode('file_missing', /absent/));
});

test('decodes a list by its encoding, and refuses all of a doubtful one', async (t) => {
  const cwd = await tree(t, 'a.txt', 'sub/b.txt', 'бумага.txt', '報告', 'secret/id_rsa', 'x');
  const utf16 = (text: string, swap = false) => {
    const bytes = Buffer.from(text, 'utf16le');
    return swap ? bytes.swap16() : bytes;
  };
  const list = (bytes: Buffer, pieces = false, nul = false) =>
    keys(
      cwd,
      { files: [], filesFrom: '-', recursive: true, ...(nul ? { null: true } : {}) },
      Readable.from(pieces ? [...bytes].map((byte) => Buffer.from([byte])) : [bytes]),
    );
  const text = './a.txt\r\nsub/b.txt\r\nбумага.txt';
  const wanted = ['a.txt', 'sub/b.txt', 'бумага.txt'];
  for (const bytes of [
    Buffer.from(text),
    Buffer.from(`\ufeff${text}\r\n`),
    utf16(`\ufeff${text}\r\n`),
    utf16(`\ufeff${text}`, true),
  ]) {
    assert.deepEqual(await list(bytes), wanted);
    assert.deepEqual(await list(bytes, true), wanted, 'byte by byte');
  }
  const refused = [
    utf16('./a.txt\r\nбумага.txt\r\n'),
    utf16('報告\n./\n'),
    utf16('報告\n', true),
    Buffer.from('.\0/\0'),
    Buffer.from('a.txt\0\0\0\0'),
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 0]),
    Buffer.from([0xff, 0x41, 0x0a]),
  ];
  for (const bytes of refused) {
    await assert.rejects(list(bytes), withCode('usage', /Standard input/), bytes.toString('hex'));
    await assert.rejects(list(bytes, true), withCode('usage', /Standard input/), bytes.toString('hex'));
  }
  // --null does not turn other text into a list.
  const falling = [utf16('./a.txt\0'), utf16('x\0a.txt\0', true), utf16('x'), Buffer.from('a.txt\0x\0\0')];
  for (const bytes of falling) {
    const reason = withCode('usage', /Standard input.*one-letter/s);
    await assert.rejects(list(bytes, false, true), reason, bytes.toString('hex'));
  }
  assert.deepEqual(await list(Buffer.from('./x\0a.txt\0'), false, true), ['x', 'a.txt'].sort());
  assert.deepEqual(await list(Buffer.from('\0'), false, true), []);
  await assert.rejects(
    list(Buffer.from('caf\xe9.txt\0', 'latin1'), false, true),
    withCode('usage', /not valid UTF-8/, /Rename files .* upload each with:\n.*--as <key>/),
  );
  assert.deepEqual(await list(Buffer.from('a.txt\0sub/b.txt\0'), true), ['a.txt', 'sub/b.txt']);
  assert.deepEqual(await list(Buffer.from('a.txt\0x\0sub/b.txt\0'), false, true), [
    'a.txt',
    'sub/b.txt',
    'x',
  ]);
  await assert.rejects(
    openSources({ files: ['a.txt'], null: true }, worldOf(cwd)),
    withCode('usage', /--null/),
  );
});

test('explains that names that are not UTF-8 need a key', {
  skip: process.platform === 'linux' ? false : 'other systems refuse such a name',
}, async (t) => {
  const cwd = await tree(t, 'u/caf\ufffd.txt');
  const odd = (...parts: (string | number)[]) =>
    Buffer.concat([
      Buffer.from(`${cwd}/`),
      ...parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))),
    ]);
  const found = async (options: SourceOptions) => {
    const { items } = await find(cwd, options);
    return items.map((item) => [item.kind, item.key, item.kind === 'file' ? Buffer.from(item.path) : '']);
  };
  const advice = async (options: SourceOptions) =>
    (await find(cwd, options)).items.flatMap((item) =>
      item.kind === 'refused' ? [`${item.error.code} ${item.error.hint}`] : [],
    );
  // U+FFFD is a valid character of this name.
  assert.deepEqual(await keys(cwd, { files: ['u'], recursive: true }), ['u/caf\ufffd.txt']);
  assert.deepEqual(await keys(cwd, { files: ['u/caf\ufffd.txt'] }), ['caf\ufffd.txt']);

  await writeFile(odd('caf', 0xe9, '.txt'), 'latin');
  assert.match((await advice({ files: ['caf\ufffd.txt'] }))[0] ?? '', /^bad_key .*\n.*--as <key>/);
  assert.deepEqual(await found({ files: ['caf\ufffd.txt'], as: 'cafe.txt' }), [
    ['file', 'cafe.txt', odd('caf', 0xe9, '.txt')],
  ]);
  await writeFile(odd('caf', 0xe8, '.txt'), 'another');
  await assert.rejects(
    find(cwd, { files: ['caf\ufffd.txt'], as: 'k' }),
    withCode('usage', /could be 2 files/),
  );

  await mkdir(odd('t/d', 0xe9, 'r'), { recursive: true });
  await writeFile(odd('t/d', 0xe9, 'r/in.txt'), 'below');
  assert.match(
    (await advice({ files: ['t'], recursive: true }))[0] ?? '',
    /^bad_key .*\n.*\n.*put -r <folder> --as/,
  );
  assert.deepEqual(await found({ files: ['t/d\ufffdr'], recursive: true, as: 'dir' }), [
    ['file', 'dir/in.txt', odd('t/d', 0xe9, 'r/in.txt')],
  ]);
  assert.deepEqual(await found({ files: ['t/d\ufffdr/in.txt'] }), [
    ['file', 'in.txt', odd('t/d', 0xe9, 'r/in.txt')],
  ]);
  // Both files, and a pattern that excludes the invalid one.
  await writeFile(odd('u/caf', 0xe9, '.txt'), 'latin');
  assert.deepEqual((await found({ files: ['u/'], recursive: true })).map(([kind]) => kind).sort(), [
    'file',
    'refused',
  ]);
  assert.deepEqual(await found({ files: ['u/'], recursive: true, include: ['*.jpg'] }), []);
});

test('refuses an upload of two typed files with one key; skips the second found one', async (t) => {
  const cwd = await tree(t, 'x/same', 'x/one', 'y/same', 'y/two', 'same');
  await assert.rejects(
    keys(cwd, { files: ['same', 'x/same'] }),
    withCode('usage', /both be stored as “same”/),
  );
  const { items } = await find(cwd, { files: ['x/', 'y/', 'same'], recursive: true });
  const refused = items.filter(({ kind }) => kind === 'refused');
  assert.equal(items.length, 5);
  assert.deepEqual(
    refused.map(({ key }) => key),
    ['same', 'same'],
  );
  const twice = Readable.from([Buffer.from('same\n./same\n')]);
  const listed = await find(cwd, { files: [], filesFrom: '-' }, twice);
  assert.deepEqual(
    listed.items.map(({ kind }) => kind),
    ['file', 'refused'],
  );
});

test('refuses contradictory options as a usage error', async (t) => {
  await assert.rejects(keys('/', { files: ['a', ''] }), withCode('usage', /empty name/));
  const cwd = await tree(t, 'a', 'b');
  for (const options of [
    { files: [] },
    { files: ['a', 'b'], as: 'c' },
    { files: ['-'] },
    { files: ['-', 'a'], as: 'c' },
    { files: ['a'], filesFrom: 'b' },
    { files: [], filesFrom: 'b', as: 'c' },
  ]) {
    await assert.rejects(keys(cwd, options), withCode('usage'), JSON.stringify(options));
  }
});

test('returns items in the order of names, in batches that are never empty', async (t) => {
  const files = Array.from({ length: 150 }, (_, index) => `d/${String(index).padStart(3, '0')}`);
  const cwd = await tree(t, ...files, 'd/070-folder/a', 'd/070-folder/b/c', 'd/070-folder/d', 'elsewhere/e');
  await symlink('../elsewhere/e', join(cwd, 'd/100-link'));
  await mkdir(join(cwd, 'd/149-empty'));
  const sources = await openSources({ files: ['d', 'elsewhere/e'], recursive: true }, worldOf(cwd));
  const found: string[] = [];
  for await (const batch of sources.batches(() => {})) {
    assert.ok(batch.length > 0);
    found.push(...batch.map(({ key }) => key));
  }
  const below = ['d/070-folder/a', 'd/070-folder/b/c', 'd/070-folder/d', 'd/100-link'];
  assert.deepEqual(found, [...[...files, ...below].sort(), 'e']);
  const single: string[] = [];
  for await (const { key } of sources.items(() => {})) single.push(key);
  assert.deepEqual(single, found);
});

test('reads a large folder while its items are used', async (t) => {
  const cwd = await tree(t, ...Array.from({ length: 300 }, (_, index) => `d/${index % 10}/${index}`));
  const sources = await openSources({ files: ['d'], recursive: true }, worldOf(cwd));
  let seen = 0;
  for await (const _item of sources.items(() => {})) {
    seen += 1;
    if (seen === 5) break;
  }
  assert.equal(seen, 5);
});

test('leaves out the folders of edge-upload, however they are reached', async (t) => {
  const cwd = await tree(
    t,
    'a.txt',
    '.config/edge-upload/deployments.json',
    '.config/other/b.txt',
    '.local/state/edge-upload/tokens/c.json',
    '.local/share/edge-upload/local/d',
    '.cache/edge-upload/put.code',
  );
  await symlink(join(cwd, '.local/state/edge-upload'), join(cwd, 'state'));
  const home = await find(cwd, { files: ['.'], recursive: true });
  assert.deepEqual(home.keys, ['.config/other/b.txt', 'a.txt']);
  assert.deepEqual(
    home.warnings.map((text) => /^Skipped (\S+): edge-upload keeps its own files there/.exec(text)?.[1]),
    [
      '.cache/edge-upload',
      '.config/edge-upload',
      '.local/share/edge-upload',
      '.local/state/edge-upload',
      'state',
    ],
  );
  const excluded = await find(cwd, { files: ['.'], recursive: true, exclude: ['edge-upload', 'state'] });
  assert.deepEqual([excluded.keys, excluded.warnings], [home.keys, []]);
  const alone = await find(cwd, { files: ['state/'], recursive: true });
  assert.deepEqual(alone.keys, []);
  assert.match(alone.warnings.join('\n'), /^Skipped .*its own files[\s\S]*nothing to upload/);
});

test('refuses the files of sign-ins, however they are named', async (t) => {
  const kept = '.local/state/edge-upload/tokens/c.json';
  const cwd = await tree(t, kept, 'd/a.txt', '.config/edge-upload/deployments.json');
  await symlink(join(cwd, kept), join(cwd, 'd/symbolic'));
  await link(join(cwd, kept), join(cwd, 'd/hard'));
  const edge = await ownEdge(t);
  const put = async (sources: SourceOptions, stdin: Readable = Readable.from([])) => {
    const context = testContext({ cwd, home: cwd, stdin });
    await upload(t, context, edge.url, sources);
    return rows(context.events);
  };
  const refused = withCode('usage', /contains a sign-in of edge-upload, and is not uploaded/);
  for (const name of [kept, 'd/symbolic', 'd/hard']) {
    await assert.rejects(put({ files: [name] }), refused, name);
    const sources = await openSources({ files: [name] }, worldOf(cwd));
    const context = testContext({ cwd, home: cwd });
    const { document } = await dryRun(context, sources, { url: edge.url });
    assert.equal(document.failed, 1, name);
  }
  const stdin = createReadStream('', { fd: openSync(join(cwd, kept), 'r') });
  await assert.rejects(put({ files: ['-'], as: 'k' }, stdin), refused);
  const listed = await put({ files: [], filesFrom: '-' }, Readable.from([Buffer.from(kept)]));
  assert.match(JSON.stringify(listed), /sign-in of edge-upload/);
  await put({ files: ['d'], recursive: true });
  await put({ files: ['.config/edge-upload/deployments.json'] });
  assert.deepEqual([...edge.stored.keys()].sort(), ['/d/a.txt', '/deployments.json']);
});

test('stops a walk, and waiting for a list, at Ctrl-C', async (t) => {
  const cwd = await tree(t, 'd/1', 'd/e/2', 'd/e/3');
  execFileSync('mkfifo', [join(cwd, 'd/e/pipe')]);
  for (const options of [
    { files: ['d'], recursive: true, include: ['pipe', 'nothing'] },
    { files: [], filesFrom: '-' },
  ]) {
    const abort = new AbortController();
    const stdin = new PassThrough();
    const sources = await openSources(options, { ...worldOf(cwd, stdin), signal: abort.signal });
    // The walk warns of the pipe and finds nothing else. The list never arrives.
    const items = sources.items(() => abort.abort());
    const found = items[Symbol.asyncIterator]().next();
    if (options.filesFrom !== undefined) abort.abort();
    await assert.rejects(found, withCode('interrupted'));
  }
});
