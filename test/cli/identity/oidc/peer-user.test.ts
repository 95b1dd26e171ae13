import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { peerOf, usersIn } from '../../../../cli/identity/oidc/peer-user.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:9C40 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 81516 1 0000000000000000 20 4 30 10 -1
   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1001        0 81517 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:9C41 0100007F:1F90 06 00000000:00000000 03:00000F1A 00000000     0        0 0 3 0000000000000000
`;

test('reads the user of an open connection from the kernel', () => {
  assert.deepEqual(usersIn(TABLE, 0x9c40, 0x1f90), [1000]);
  assert.deepEqual(usersIn(TABLE, 0x1f90, 0x9c40), [1001]);
  assert.deepEqual(usersIn(TABLE, 0x9c41, 0x1f90), []);
  assert.deepEqual(usersIn('', 0x9c40, 0x1f90), []);
});

test('recognises a connection of the same user over IPv4 and IPv6', {
  skip: process.platform !== 'linux' && 'Only Linux says who',
}, async (t) => {
  const server = createServer().listen(0);
  t.after(() => server.close());
  const { port } = await new Promise<{ port: number }>((resolve) => {
    server.once('listening', () => resolve(server.address() as { port: number }));
  });
  const table = readFileSync('/proc/net/tcp', 'latin1') + readFileSync('/proc/net/tcp6', 'latin1');
  assert.match(table, new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} `));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  const socket = await accepted;
  const all = readFileSync('/proc/net/tcp', 'latin1') + readFileSync('/proc/net/tcp6', 'latin1');
  assert.deepEqual(usersIn(all, socket.remotePort ?? 0, port), [process.geteuid?.()]);
  assert.equal(peerOf(socket), 'same user');
});
