import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { openLink } from '../../bench/link.ts';

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1');

test('carries every byte both ways within its round trip and rate', {
  skip: hasIpv6 ? false : 'this machine has no ::1',
}, async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const link = await openLink({ port, roundTripMs: 60, bytesPerSecond: 1e6 });
  try {
    const bytes = randomBytes(200_000);
    const began = performance.now();
    const socket = connect({ port, host: '::1' });
    socket.write('a');
    await once(socket, 'readable');
    // A slow machine can take longer, but no machine is faster than the link.
    assert.ok(performance.now() - began >= 60);
    socket.end(bytes);
    assert.equal((await buffer(socket)).toString('hex'), `61${bytes.toString('hex')}`);
    assert.ok(performance.now() - began > 120 + 150);
  } finally {
    await link.close();
    server.close();
  }
});

for (const [by, seen] of [
  ['reset', 'ECONNRESET'],
  ['stall', 'silence'],
] as const) {
  test(`breaks every second connection ${by}s, and no other`, {
    skip: hasIpv6 ? false : 'this machine has no ::1',
  }, async () => {
    const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const link = await openLink({ port, roundTripMs: 2, bytesPerSecond: 1e6, broken: { every: 2, by } });
    const echo = async () => {
      const socket = connect({ port, host: '::1' });
      try {
        socket.write('a piece');
        const [answer] = (await Promise.race([
          once(socket, 'data'),
          // A stalled connection stays open.
          once(server, 'stalled').then(() => ['silence']),
        ])) as [Buffer | string];
        return String(answer);
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      } finally {
        socket.destroy();
      }
    };
    try {
      assert.equal(await echo(), 'a piece');
      const second = echo();
      if (by === 'stall') {
        // Data sent later gets a response while the second connection waits.
        assert.equal(await echo(), 'a piece');
        server.emit('stalled');
      }
      assert.equal(await second, seen);
    } finally {
      await link.close();
      server.close();
    }
  });
}
