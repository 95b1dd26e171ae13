import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A link with a long delay, and a rate for each connection. */
export interface LinkOptions {
  /** Port of the far end. The near end has the same port on `::1`. */
  readonly port: number;
  readonly roundTripMs: number;
  /** Rate of each connection in each direction. */
  readonly bytesPerSecond: number;
  /** Breaks a connection at every nth piece from the near end, by a reset or by silence. */
  readonly broken?: { readonly every: number; readonly by: 'reset' | 'stall' };
}

export interface Link {
  close(): Promise<void>;
}

/** Bytes that are forwarded at once. */
const PIECE = 16 * 1024;

/** Milliseconds. Shorter delays of timers are compensated. */
const LATE_MS = 20;

/**
 * Carries connections from `[::1]:<port>` to `127.0.0.1:<port>` with delay and rate. Each byte arrives half a round
 * trip after it was sent, no faster than the rate. The bytes in flight are limited to the bandwidth-delay product, like
 * a TCP window that just fills the link. The port is the same because an edge accepts only its own address. Slow start,
 * losses and TCP's handshake are not simulated.
 */
export async function openLink({ port, roundTripMs, bytesPerSecond, broken }: LinkOptions): Promise<Link> {
  const sockets = new Set<Socket>();
  const way = { delayMs: roundTripMs / 2, bytesPerSecond };
  let pieces = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.once('close', () => sockets.delete(from));
      const breaks = () => from === near && broken !== undefined && ++pieces % broken.every === 0;
      carry(from, to, { ...way, breaks }).catch((error) => {
        if (error instanceof Broken && broken?.by === 'stall') {
          // Further bytes are dropped until the near end gives up.
          from.resume().once('close', () => to.destroy());
          from.once('end', () => from.destroy());
          return;
        }
        if (error instanceof Broken) from.resetAndDestroy();
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

class Broken extends Error {}

interface CarryOptions {
  readonly delayMs: number;
  readonly bytesPerSecond: number;
  /** Called for each piece: whether the connection breaks before it. */
  readonly breaks: () => boolean;
}

/** Carries one direction of one connection. */
async function carry(
  from: Socket,
  to: Socket,
  { delayMs, bytesPerSecond, breaks }: CarryOptions,
): Promise<void> {
  let free = 0;
  let arrived: Promise<void> = Promise.resolve();
  // A socket whose one side has ended can still be read.
  const chunks: AsyncIterable<Buffer> = from.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      if (breaks()) throw new Broken();
      const piece = chunk.subarray(at, at + PIECE);
      const leaves = Math.max(performance.now() - LATE_MS, free) + (piece.length / bytesPerSecond) * 1000;
      free = leaves;
      const before = arrived;
      // Only the rate is compensated. Each byte is in flight for the whole delay.
      arrived = later(Math.max(leaves, performance.now()) + delayMs, before).then(() => write(to, piece));
      // The error is thrown where the promise is awaited.
      arrived.catch(() => {});
      // The sender is at most one piece ahead of the link.
      await until(leaves);
    }
  }
  await later(performance.now() + delayMs, arrived);
  to.end();
}

async function until(moment: number): Promise<void> {
  // Timers can fire up to a millisecond early.
  for (let left = moment - performance.now(); left > 0; left = moment - performance.now()) await delay(left);
}

async function later(moment: number, before: Promise<void>): Promise<void> {
  await until(moment);
  await before;
}

async function write(socket: Socket, piece: Buffer): Promise<void> {
  if (socket.destroyed) throw new Error('the other end has closed');
  if (!socket.write(piece)) await once(socket, 'drain');
}
