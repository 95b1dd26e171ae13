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

test('the link carries every byte both ways, no sooner than its round trip and its rate allow', {
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
    socket.end(bytes);
    assert.ok((await buffer(socket)).equals(bytes));
    // A slow machine may take longer; no machine is quicker than the link.
    assert.ok(performance.now() - began > 60 + 150);
  } finally {
    await link.close();
    server.close();
  }
});
