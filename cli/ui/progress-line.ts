import { cutMiddle } from './columns.ts';
import type { TransferEvent } from './events.ts';
import { count, formatBytes, formatDuration, printableLine } from './format.ts';

function remaining({ bytes, totalBytes, rate }: TransferEvent): string | undefined {
  if (totalBytes === undefined || rate <= 0 || bytes >= totalBytes) return undefined;
  return `${formatDuration(((totalBytes - bytes) / rate) * 1000)} left`;
}

function files({ filesDone, totalFiles }: TransferEvent): string | undefined {
  if (totalFiles === 1 || (totalFiles === undefined && filesDone === 0)) return undefined;
  if (totalFiles === undefined) return `${count(filesDone, 'file')} so far`;
  return `${filesDone.toLocaleString('en-US')} of ${count(totalFiles, 'file')}`;
}

/** The whole upload in one line: share, bytes, rate, time left, files. */
export function progressLine(event: TransferEvent): string {
  const { bytes, totalBytes, rate } = event;
  const share = totalBytes ? `${Math.floor((bytes / totalBytes) * 100)}%` : undefined;
  return [
    share,
    totalBytes === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`,
    rate > 0 ? `${formatBytes(rate)}/s` : undefined,
    remaining(event),
    files(event),
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

/** A line for each file under way, at most `lines` of them, none wider than `width`. */
export function activeLines({ active }: TransferEvent, width: number, lines: number): string[] {
  return active.slice(0, lines).map(({ name, bytes, size }) => {
    const share = size ? `${Math.floor((bytes / size) * 100)}%`.padStart(4) : formatBytes(bytes).padStart(4);
    return `${share}  ${cutMiddle(printableLine(name), Math.max(8, width - share.length - 6))}`;
  });
}
