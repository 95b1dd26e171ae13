import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runProgram } from '../../support/programs.ts';
import { ownEdge, ownFolder } from '../transfer/helpers/uploading.ts';

const LIBRARY = join(import.meta.dirname, '../../../dist/uploader.cjs');

/** Programs that never close their uploader. `lost` rejects, like the promise of every abandoned upload. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'a stored object': `await uploader.upload(Buffer.from('x'), { key: 'a' });`,
  'uploads in parts, one of them left in the middle': `
    const upload = uploader.upload(Buffer.alloc(11 << 20), { key: 'parts', partSize: 5 << 20 });
    for await (const progress of upload) break;
    await uploader.upload(Buffer.alloc(11 << 20), { key: 'others', partSize: 5 << 20 });
    await upload;`,
  'an iteration of a refused upload, left in the middle': `
    const refused = createUploader({ url, token: 'bad' });
    for await (const progress of refused.upload(Buffer.alloc(11 << 20), { key: 'a', partSize: 5 << 20 })) break;`,
  'aborted uploads of a stream, a generator and bytes': `
    const { signal } = abort;
    const stuck = async function* () { yield 'x'; abort.abort(); await new Promise(() => {}); };
    const sources = [new Readable({ read() {} }), stuck(), Buffer.alloc(11 << 20)];
    const uploads = sources.map((source, at) => uploader.upload(source, { key: 'a' + at, signal, partSize: 5 << 20 }));
    const ended = await Promise.allSettled(uploads);
    for (const { reason } of ended) if (reason?.code !== 'interrupted') throw reason ?? new Error('stored');`,
  'an abort while a server does not respond': `
    const silent = createUploader({ url: process.argv[4], token: 'good', signal: abort.signal });
    setImmediate(() => abort.abort());
    const { code } = await silent.upload(Buffer.alloc(11 << 20), { key: 'a' }).catch((error) => error);
    if (code !== 'interrupted') throw new Error(code);`,
  'a stream that fails twice': `
    const source = new Readable({ read() {} });
    const upload = uploader.upload(source, { key: 'a' });
    source.destroy(new Error('first'));
    await upload.catch(() => {});
    source.emit('error', new Error('second'));`,
};

const programOf = (work: string) => `
const { createUploader } = require(process.argv[2]);
const { Readable } = require('node:stream');
const url = process.argv[3];
const uploader = createUploader({ url, token: 'good' });
const abort = new AbortController();
(async () => {${work}
})();
`;

async function silentServer(t: TestContext): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {}).resume()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('lets a program that awaits nothing end without unhandled rejections', async (t) => {
  const [edge, folder, silent] = [await ownEdge(t), await ownFolder(t), await silentServer(t)];
  const names = Object.keys(PROGRAMS);
  await Promise.all(
    names.map(async (name, at) => {
      const file = join(folder, `${at}.cjs`);
      await writeFile(file, programOf(PROGRAMS[name] ?? ''));
      const ran = await runProgram(process.execPath, [file, LIBRARY, edge.url, silent], { cwd: folder });
      assert.deepEqual(ran, { code: 0, stdout: '', stderr: '' }, name);
    }),
  );
  assert.deepEqual([...edge.stored.keys()].sort(), ['/a', '/others', '/parts']);
});

test('shows an error that nobody handles by its name, with readable lines', async () => {
  const program = `
    const { createUploader } = require(process.argv[1]);
    createUploader({ url: 'https://edge.example', token: 'good' }).upload('/does-not-exist', { key: 'a' });`;
  const { code, stderr } = await runProgram(process.execPath, ['-e', program, LIBRARY], {
    env: { HOME: '/' },
  });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^UploadError: \/does-not-exist does not exist\.\n {4}at \S+ \(\S+uploader\.cjs:\d+:\d+\)$/m,
  );
  const longest = Math.max(...stderr.split('\n').map((line) => line.length));
  assert.ok(longest < 1000, `${longest} characters in a line`);
});
