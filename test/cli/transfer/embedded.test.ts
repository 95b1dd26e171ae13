import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { build } from 'esbuild';
import {
  type Computer,
  clientConfig,
  type DeployedStack,
  type LocalStatus,
  withCloud,
} from '../../e2e/harness.ts';
import { runProgram } from '../../support/programs.ts';
import { whenFound } from '../../support/when-found.ts';

const MIB = 1024 * 1024;

let computer: Computer;
let s3: S3Client;
let Bucket: string;
let done: () => void = () => {};
let cloud: Promise<void>;

before(async () => {
  await new Promise<void>((ready, failed) => {
    cloud = withCloud(async (own, running) => {
      computer = own;
      const { outputs } = await own.json<DeployedStack>(['deploy', '--local', '--yes']);
      Bucket = outputs.S3BucketName;
      await own.json(['login', '--create', '--username', 'ada', '--email', 'ada@example.com'], {
        env: { EDGE_UPLOAD_NEW_PASSWORD: 'correct-Horse-9-staple' },
      });
      s3 = new S3Client({ ...clientConfig(running), forcePathStyle: true });
      const finished = new Promise<void>((end) => {
        done = end;
      });
      ready();
      await finished;
    });
    cloud.catch(failed);
  });
});

after(async () => {
  s3.destroy();
  done();
  await cloud;
});

async function stored(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function put(...args: string[]) {
  const { code, stdout, stderr } = await computer.run(['put', ...args, '--json']);
  const lines = stdout.trimEnd().split('\n');
  const documents = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, documents, stderr };
}

test('stores unusual names unchanged, and refuses names that cannot be keys', async () => {
  const names = [
    ' a b ',
    '#?%+&=',
    '100%25',
    'emoji 🦊',
    'nfd e\u0301',
    'nfc é',
    '.leading',
    'quotes\'"',
    'back\\slash',
    '(paren)!*',
  ];
  const folder = join(computer.home, 'odd');
  await mkdir(join(folder, 'deep', 'er'), { recursive: true });
  for (const name of names) await writeFile(join(folder, 'deep', 'er', name), name);
  await writeFile(join(folder, 'line\nbreak'), 'x');
  const { code, documents } = await put('-r', 'odd', '--prefix', 'p/');
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'p/' }));
  assert.deepEqual(
    Contents.map(({ Key }) => Key).sort(),
    names.map((name) => `p/odd/deep/er/${name}`).sort(),
  );
  for (const name of names) assert.equal((await stored(`p/odd/deep/er/${name}`)).toString(), name);
  assert.equal(code, 6);
  const summary = documents.at(-1);
  assert.equal(summary?.stored, names.length);
  assert.deepEqual(summary?.failures, [
    { file: join('odd', 'line\nbreak'), key: 'p/odd/line\nbreak', code: 'bad_key' },
  ]);
});

test('sends checksums that S3 verifies and stores, with one PUT and with parts', async () => {
  const bytes = randomBytes(11 * MIB + 5);
  await writeFile(join(computer.home, 'large'), bytes);
  await writeFile(join(computer.home, 'small'), 'small');
  for (const algorithm of ['crc32', 'crc32c', 'crc64nvme', 'sha256']) {
    for (const [file, more] of [
      ['small', []],
      ['large', ['--part-size', '5M']],
    ] as const) {
      const key = `${file}-${algorithm}`;
      const { code, documents } = await put(file, '--as', key, '--checksum', algorithm, ...more);
      assert.equal(code, 0, JSON.stringify(documents));
      const kept = await s3.send(new HeadObjectCommand({ Bucket, Key: key, ChecksumMode: 'ENABLED' }));
      const value = kept[`Checksum${algorithm.toUpperCase()}` as keyof typeof kept];
      assert.equal(typeof value, 'string', `${key} keeps its checksum`);
      assert.deepEqual(documents[0]?.checksum, { [algorithm]: value });
      assert.equal(documents[0]?.etag, kept.ETag?.replaceAll('"', ''));
      assert.equal(documents[0]?.parts, file === 'large' ? 3 : 1);
    }
    assert.ok((await stored(`large-${algorithm}`)).equals(bytes), algorithm);
  }
});

test('sends headers and metadata that S3 stores, with one PUT and with parts', async () => {
  await writeFile(join(computer.home, 'page.html'), '<p>');
  for (const how of ['never', 'always']) {
    const { code } = await put(
      ...['page.html', '--as', `page-${how}.html`, '--multipart', how],
      ...['--cache-control', 'max-age=60', '--content-disposition', 'inline', '--content-encoding', 'gzip'],
      ...['--content-language', 'de', '--metadata', 'Origin=camera 1', '--metadata', 'seen=twice'],
    );
    assert.equal(code, 0);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: `page-${how}.html` }));
    assert.equal(head.ContentType, 'text/html');
    assert.equal(head.CacheControl, 'max-age=60');
    assert.equal(head.ContentDisposition, 'inline');
    assert.equal(head.ContentEncoding, 'gzip');
    assert.equal(head.ContentLanguage, 'de');
    assert.deepEqual(head.Metadata, { origin: 'camera 1', seen: 'twice', 'uploaded-by': 'ada' });
  }
});

test('keeps existing objects with --no-clobber, with one PUT and with parts', async () => {
  await writeFile(join(computer.home, 'first'), 'first');
  await writeFile(join(computer.home, 'second'), randomBytes(6 * MIB));
  await put('first', '--as', 'taken');
  for (const how of ['never', 'always']) {
    const { code, documents } = await put('second', '--as', 'taken', '--no-clobber', '--multipart', how);
    assert.equal(code, 6);
    assert.match(JSON.stringify(documents), /"code":"exists"/);
  }
  assert.equal((await stored('taken')).toString(), 'first');
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.equal(Uploads.length, 0);
});

test('stores standard input, and aborts an unfinished upload', async () => {
  const text = 'x'.repeat(6 * MIB);
  const piped = await computer.run(['put', '-', '--as', 'piped.txt', '--part-size', '5M'], { input: text });
  assert.equal(piped.code, 0, piped.stderr);
  assert.equal((await stored('piped.txt')).toString(), text);

  await writeFile(join(computer.home, 'slow'), randomBytes(20 * MIB));
  const journals = join(computer.home, '.local', 'state', 'edge-upload', 'uploads');
  await mkdir(journals, { recursive: true, mode: 0o700 });
  const stop = new AbortController();
  const slow = ['put', 'slow', '--part-size', '5M', '--limit-rate', '64K'];
  const child = computer.run(slow, { signal: stop.signal });
  // A kill before the store's response would leave an upload with an unknown id.
  await whenFound(journals, async () => {
    const [name] = (await readdir(journals)).filter((file) => file.endsWith('.jsonl'));
    const journal = name === undefined ? '' : await readFile(join(journals, name), 'utf8');
    return journal.includes('"uploadId"') ? journal : undefined;
  });
  stop.abort();
  await child.catch(() => {});
  const { uploads } = await computer.json<{ uploads: { id: string; key: string }[] }>(['uploads', 'list']);
  assert.deepEqual(
    uploads.map(({ key }) => key),
    ['slow'],
  );
  const { aborted } = await computer.json<{ aborted: string[] }>(['uploads', 'abort', '--all']);
  assert.deepEqual(aborted, [uploads[0]?.id]);
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.equal(Uploads.length, 0);
});

/** The formats of bundles, with what a bundler writes before them. */
const FORMATS = {
  cjs: '',
  esm: "const require = process.getBuiltinModule('node:module').createRequire(process.argv[1]);",
} as const;

test('stores with the library in one file with a program, as bundlers write it', async () => {
  const library = join(import.meta.dirname, '../../../dist/uploader.cjs');
  const { caFile } = await computer.json<LocalStatus>(['local', 'status']);
  const { url } = await computer.json<DeployedStack>(['status']);
  const token = (await computer.run(['token'])).stdout.trim();
  const env = { url, token, ca: await readFile(caFile, 'utf8') };
  for (const [format, js] of Object.entries(FORMATS) as [keyof typeof FORMATS, string][]) {
    const outfile = join(computer.home, format === 'cjs' ? 'program.cjs' : 'program.mjs');
    const { warnings } = await build({
      stdin: {
        contents: `
        import { createUploader } from ${JSON.stringify(library)};
        const { url, token, ca } = process.env;
        const all = ['crc32', 'crc32c', 'crc64nvme', 'sha256'].map(async (checksum) => {
          const uploader = createUploader({ url, token, ca, checksum });
          const stored = await uploader.upload(Buffer.alloc(6 << 20), { key: 'with-' + checksum, partSize: 5 << 20 });
          await uploader.close();
          return stored.checksum.algorithm;
        });
        void Promise.all(all).then((algorithms) => console.log(algorithms.join(' ')));`,
        resolveDir: computer.home,
      },
      bundle: true,
      minify: true,
      platform: 'node',
      format,
      banner: { js },
      outfile,
      logLevel: 'silent',
    });
    assert.deepEqual(warnings, []);
    const ran = await runProgram(process.execPath, [outfile], { env });
    assert.deepEqual(ran, { code: 0, stdout: 'crc32 crc32c crc64nvme sha256\n', stderr: '' }, format);
  }
});
