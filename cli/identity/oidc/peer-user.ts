import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import process from 'node:process';

/** Tables of the network in use: https://man7.org/linux/man-pages/man5/proc_net.5.html */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/** Relays that run as root, such as that of the Windows Subsystem for Linux, connect for other users. */
const ROOT = 0;

/** Returns the users in a table who have a connection from one port to another. A closed connection has no user. */
export function usersIn(table: string, from: number, to: number): number[] {
  return table.split('\n').flatMap((line) => {
    const [, local, remote, , , , , user, , inode] = line.trim().split(/\s+/);
    const port = (address: string | undefined) => Number.parseInt(address?.split(':')[1] ?? '', 16);
    return port(local) === from && port(remote) === to && inode !== '0' ? [Number(user)] : [];
  });
}

function readTable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Other systems have no tables, and a sandbox can hide them.
    return '';
  }
}

/** The owner of a connection over loopback. It is known only on Linux, and not for a relay. */
export type Peer = 'same user' | 'another user' | 'unknown';

/** Returns which user of this computer opened a connection over loopback. */
export function peerOf({ remotePort = 0, localPort = 0 }: Socket): Peer {
  const users = TABLES.flatMap((path) => usersIn(readTable(path), remotePort, localPort));
  const others = users.filter((user) => user !== process.geteuid?.());
  if (others.some((user) => user !== ROOT)) return 'another user';
  return users.length > 0 && others.length === 0 ? 'same user' : 'unknown';
}
