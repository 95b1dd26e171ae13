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
  /** Breaks the connection of every so-manieth piece from the near end: with a reset, or by silence. */
  readonly broken?: { readonly every: number; readonly by: 'reset' | 'stall' };
}

export interface Link {
  close(): Promise<void>;
}

/** Bytes that are passed on at once. */
const PIECE = 16 * 1024;

/** Timers that are late by less than this are compensated, milliseconds. */
const LATE_MS = 20;

/**
 * Carries connections from `[::1]:<port>` to `127.0.0.1:<port>` like a long fat link. Each byte arrives half a round trip
 * after it left, at the rate or slower. The bytes under way are bounded as by a TCP window that just fills the link. The
 * port is the same because an edge answers to its own address only. Slow start, losses and TCP's handshake are left out.
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
          // What still comes is dropped, until the near end gives up.
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
  /** Asked for each piece: whether the connection breaks before it. */
  readonly breaks: () => boolean;
}

/** One direction of one connection. */
async function carry(
  from: Socket,
  to: Socket,
  { delayMs, bytesPerSecond, breaks }: CarryOptions,
): Promise<void> {
  let free = 0;
  let arrived: Promise<void> = Promise.resolve();
  // One end may have ended its side and still read.
  const chunks: AsyncIterable<Buffer> = from.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      if (breaks()) throw new Broken();
      const piece = chunk.subarray(at, at + PIECE);
      const leaves = Math.max(performance.now() - LATE_MS, free) + (piece.length / bytesPerSecond) * 1000;
      free = leaves;
      const before = arrived;
      // Only the rate is compensated: each byte is under way for the whole delay.
      arrived = later(Math.max(leaves, performance.now()) + delayMs, before).then(() => write(to, piece));
      // Thrown where it is awaited.
      arrived.catch(() => {});
      // The sender is one piece ahead of the link.
      await until(leaves);
    }
  }
  await later(performance.now() + delayMs, arrived);
  to.end();
}

async function until(moment: number): Promise<void> {
  // A timer may fire up to a millisecond early.
  for (let left = moment - performance.now(); left > 0; left = moment - performance.now()) await delay(left);
}

async function later(moment: number, before: Promise<void>): Promise<void> {
  await until(moment);
  await before;
}

async function write(socket: Socket, piece: Buffer): Promise<void> {
  if (socket.destroyed) throw new Error('the other end has gone');
  if (!socket.write(piece)) await once(socket, 'drain');
}
