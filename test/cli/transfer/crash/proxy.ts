import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { createRateLimit } from '../../../../cli/transfer/pacing/outflow.ts';
import { CLOCK } from '../../../../cli/transfer/wire/retry.ts';

/** A CONNECT proxy that counts tunnels and bytes. */
export interface Proxy {
  readonly url: string;
  /** Tunnels that were opened. */
  readonly tunnels: () => number;
  /** Bytes that clients have sent. */
  readonly sent: () => number;
  close(): Promise<void>;
}

/** Bytes that the shared link buffers. */
const PIECE = 16 * 1024;

/** @param bytesPerSecond Rate of all clients together. Default: unlimited. */
export async function startProxy(bytesPerSecond = Number.POSITIVE_INFINITY): Promise<Proxy> {
  let bytes = 0;
  const closing = new AbortController();
  const limit = createRateLimit(bytesPerSecond, CLOCK, closing.signal);
  let tunnels = 0;
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(405).end());
  /** A link that all tunnels share. */
  const link = () =>
    new Transform({
      highWaterMark: PIECE,
      async transform(chunk: Buffer, _encoding, done) {
        await limit.take(chunk.length).then(() => done(null, chunk), done);
      },
    });
  server.on('connect', (request, client: Socket, head: Buffer) => {
    tunnels += 1;
    const { hostname, port } = new URL(`http://${request.url}`);
    const target = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      client.pipe(link()).pipe(target).pipe(client);
    });
    client.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      // When one end closes or fails, so does the other.
      socket.on('close', () => {
        sockets.delete(socket);
        if (socket.errored) other.resetAndDestroy();
        else other.destroySoon();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels: () => tunnels,
    sent: () => bytes,
    async close() {
      closing.abort();
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
