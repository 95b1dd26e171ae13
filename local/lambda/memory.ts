import { readFileSync } from 'node:fs';

/**
 * Memory that a process holds for itself, MB, code that it shares with others left out. `undefined` where there is no
 * `/proc` to tell, and for a process that has gone.
 */
export function residentMegabytes(pid: number | undefined): number | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    // Then Node's own heap limit, which holds everywhere, is the only one.
    return undefined;
  }
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}
