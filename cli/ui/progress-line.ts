import type { TransferEvent } from './events.ts';
import { count, formatBytes, formatDuration } from './format.ts';

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

/** What the network keeps from going on, in one line for all of it; `undefined` where nothing does. */
export function troubleLine({ trouble }: TransferEvent): string | undefined {
  return trouble && `Network trouble on ${count(trouble.count, trouble.noun)}; retrying…`;
}
