import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ownFolder } from '../cli/transfer/helpers/uploading.ts';
import { computerAt } from './harness.ts';

/** Starts a server that calls `onBytes` when the first bytes of a connection arrive. Returns its port. */
async function peer(t: TestContext, onBytes: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => onBytes(socket));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Uploads a file through an edge that has never responded. */
async function firstUpload(t: TestContext, url: string, env: NodeJS.ProcessEnv = {}) {
  const home = await ownFolder(t);
  await writeFile(join(home, 'f'), 'x');
  const given = { EDGE_UPLOAD_URL: url, EDGE_UPLOAD_TOKEN: 'a.b.c', ...env };
  return computerAt(home).built.run(['put', 'f', '--quiet'], { env: given });
}

const cases: Record<string, (t: TestContext) => ReturnType<typeof firstUpload>> = {
  'a server closes during the TLS handshake': async (t) =>
    firstUpload(t, `https://127.0.0.1:${await peer(t, (socket) => socket.end())}`),
  'a server resets during the TLS handshake': async (t) =>
    firstUpload(t, `https://127.0.0.1:${await peer(t, (socket) => socket.resetAndDestroy())}`),
  'a proxy closes without a response to CONNECT': async (t) => {
    const port = await peer(t, (socket) => socket.end());
    return firstUpload(t, 'https://edge.example', { HTTPS_PROXY: `http://127.0.0.1:${port}` });
  },
  'a proxy closes after a part of its response': async (t) => {
    const port = await peer(t, (socket) => socket.end('HTTP/1.1 200'));
    return firstUpload(t, 'https://edge.example', { HTTPS_PROXY: `http://127.0.0.1:${port}` });
  },
};

for (const [name, work] of Object.entries(cases)) {
  test(`gives up on an edge that never responded after a few attempts: ${name}`, async (t) => {
    const { code, stderr } = await work(t);
    assert.equal(code, 5, stderr);
    assert.match(stderr, /given up after 4 attempts/);
  });
}

test('reports a status below 100 as an unreadable response, not as a defect', async (t) => {
  const port = await peer(t, (socket) => socket.end('HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n'));
  const { code, stderr } = await firstUpload(t, `http://127.0.0.1:${port}`);
  assert.equal(code, 5, stderr);
  assert.match(stderr, /did not respond with valid HTTP \(given up after 4 attempts/);
});
