import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A long fat link: what each connection gets, and how far away the other end is. */
export interface LinkOptions {
  /** Where the link ends; it begins on the same port of `::1`. */
  readonly port: number;
  readonly roundTripMs: number;
  /** Of each connection, either way. */
  readonly bytesPerSecond: number;
}

export interface Link {
  close(): Promise<void>;
}

/** Bytes handed on at once; the finer, the smoother. */
const PIECE = 16 * 1024;

/** A timer that comes late by less than this is made up for, milliseconds. */
const LATE_MS = 20;

/**
 * Carries connections from `[::1]:<port>` to `127.0.0.1:<port>` as a long fat link would: every byte arrives half a round
 * trip after it left, none faster than the rate, and what is under way is bounded as by a TCP window that just fills the
 * link. The port stays the same because an edge answers to its own address alone. Slow start and losses are left out, and
 * so is the round trip of TCP's own handshake, for everybody.
 */
export async function openLink({ port, roundTripMs, bytesPerSecond }: LinkOptions): Promise<Link> {
  const sockets = new Set<Socket>();
  const way = { delayMs: roundTripMs / 2, bytesPerSecond };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.once('close', () => sockets.delete(from));
      carry(from, to, way).catch(() => {
        from.destroy();
        to.destroy();
      });
    }
  });
  server.listen(port, '::1');
  await once(server, 'listening');
  return {
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** One direction of one connection. */
async function carry(
  from: Socket,
  to: Socket,
  { delayMs, bytesPerSecond }: { readonly delayMs: number; readonly bytesPerSecond: number },
): Promise<void> {
  let free = 0;
  let arrived: Promise<void> = Promise.resolve();
  // One end may have said all it has to say, and still listen.
  const chunks: AsyncIterable<Buffer> = from.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      const piece = chunk.subarray(at, at + PIECE);
      const leaves = Math.max(performance.now() - LATE_MS, free) + (piece.length / bytesPerSecond) * 1000;
      free = leaves;
      const before = arrived;
      arrived = later(leaves + delayMs, before).then(() => write(to, piece));
      // Thrown where it is waited for, at the latest at the end.
      arrived.catch(() => {});
      // The sender is a piece ahead of the wire, no more.
      await until(leaves);
    }
  }
  await later(performance.now() + delayMs, arrived);
  to.end();
}

async function until(moment: number): Promise<void> {
  const left = moment - performance.now();
  if (left > 0) await delay(left);
}

async function later(moment: number, before: Promise<void>): Promise<void> {
  await until(moment);
  await before;
}

async function write(socket: Socket, piece: Buffer): Promise<void> {
  if (socket.destroyed) throw new Error('the other end has gone');
  if (!socket.write(piece)) await once(socket, 'drain');
}
