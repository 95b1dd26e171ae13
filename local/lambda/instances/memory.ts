import { readFileSync } from 'node:fs';

/**
 * Returns the private memory of a process and its children, MB, without shared code. `undefined` without `/proc` and for
 * a process that has ended.
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
    // Without `/proc`, Node's heap limit is the only limit.
    return '';
  }
}
