import { once } from 'node:events';
import { connect } from 'node:net';

/** Requests an address, and closes the connection before the listener reads it. The user of a closed connection is unknown. */
export async function openUnknown(address: string): Promise<void> {
  const { hostname, host, port, pathname } = new URL(address);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  socket.destroy();
}
