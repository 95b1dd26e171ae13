import assert from 'node:assert/strict';
import { PartLimiter } from '../../../../cli/transfer/pacing/part-limiter.ts';

export const MIB = 1024 * 1024;
export const MOST = 32;
const TICK_MS = 20;

export interface Link {
  /** Rate of all connections together, MiB a second, at a time in milliseconds. Default: unlimited. */
  readonly total?: (time: number) => number;
  /** Rate of a connection by its number, MiB a second. Default: unlimited. */
  readonly each?: (number: number) => number;
  /** Size of the system's buffer for each connection, MiB. It accepts a burst when a third of it is free. */
  readonly buffer?: number;
  /** Milliseconds until a new connection transfers its first byte. */
  readonly handshakeMs?: number;
}

export interface Sending {
  readonly parts: number;
  readonly partSize?: number;
  readonly limitRate?: number;
}

interface Connection {
  readonly number: number;
  readonly opensAt: number;
  unsent: number;
  buffered: number;
  readonly onSent: (bytes: number) => void;
  readonly onStored: () => void;
}

/** Sends parts over a simulated link on a simulated clock. */
export async function sendOver(link: Link, { parts, partSize = 8 * MIB, limitRate }: Sending) {
  const { handshakeMs = 240, total = () => 1e9, each = () => 1e9, buffer = 0 } = link;
  let time = 0;
  const limiter = new PartLimiter({ most: MOST, limitRate, clock: { now: () => time } });
  const open = new Set<Connection>();
  const begun: { readonly at: number; readonly underWay: number }[] = [];
  const stored: number[] = [];
  // Bytes that a kill would lose at each moment.
  const lost: number[] = [];
  const all = Array.from({ length: parts }, () =>
    limiter.run(
      partSize,
      (onSent) =>
        new Promise<void>((onStored) => {
          const number = begun.length;
          open.add({ number, opensAt: time + handshakeMs, unsent: partSize, buffered: 0, onSent, onStored });
          begun.push({ at: time, underWay: open.size });
        }),
    ),
  );
  const room = buffer * MIB;
  while (stored.length < parts) {
    await new Promise(setImmediate);
    time += TICK_MS;
    assert.ok(time < 3_600_000, 'the upload stands still');
    const sending = [...open].filter(({ opensAt }) => opensAt <= time);
    const rate = Math.min(total(time), (limitRate ?? Number.POSITIVE_INFINITY) / MIB);
    for (const one of sending) {
      const carried = (Math.min(each(one.number), rate / sending.length) * MIB * TICK_MS) / 1000;
      const taken = one.buffered <= (2 / 3) * room ? Math.min(one.unsent, room - one.buffered + carried) : 0;
      one.unsent -= taken;
      one.buffered = Math.max(0, one.buffered + taken - carried);
      if (taken > 0) one.onSent(taken);
      if (one.unsent > 0 || one.buffered > 0) continue;
      open.delete(one);
      stored.push(time);
      one.onStored();
    }
    lost.push([...open].reduce((sum, { unsent, buffered }) => sum + partSize - unsent - buffered, 0));
  }
  await Promise.all(all);
  return {
    /** Milliseconds. */
    stored,
    seconds: time / 1000,
    most: Math.max(...begun.map(({ underWay }) => underWay)),
    /** Maximum number of parts under way when a part started after this moment. */
    mostAfter: (moment: number) =>
      Math.max(0, ...begun.filter(({ at }) => at > moment).map(({ underWay }) => underWay)),
    /** Mean number of bytes that a kill loses. */
    meanLoss: lost.reduce((sum, bytes) => sum + bytes, 0) / lost.length,
    largestLoss: Math.max(...lost),
  };
}
