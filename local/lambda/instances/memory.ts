import { readFileSync } from 'node:fs';

/**
 * Memory that a process and those it started hold for themselves, MB, code that they share with others left out.
 * `undefined` where there is no `/proc` to tell, and for a process that has gone.
 */
export function residentMegabytes(pid: number | string | undefined): number | undefined {
  const status = read(`/proc/${pid}/status`);
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) return undefined;
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + (residentMegabytes(child) ?? 0), Number(kilobytes) / 1024);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Then Node's own heap limit, which holds everywhere, is the only one.
    return '';
  }
}
