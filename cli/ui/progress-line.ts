import type { TransferEvent } from './events.ts';
import { count, formatBytes, formatDuration } from './format.ts';

function remaining({ bytes, totalBytes, rate }: TransferEvent): string | undefined {
  if (totalBytes === undefined || rate <= 0 || bytes >= totalBytes) return undefined;
  const seconds = Math.max(1, Math.round((totalBytes - bytes) / rate));
  return `${seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000)} left`;
}

/** Returns how many files are done; `undefined` for a single file. */
export function filesLine({ filesDone, totalFiles }: TransferEvent): string | undefined {
  if (totalFiles === 1 || (totalFiles === undefined && filesDone === 0)) return undefined;
  if (totalFiles === undefined) return `${count(filesDone, 'file')} so far`;
  return `${filesDone.toLocaleString('en-US')} of ${count(totalFiles, 'file')}`;
}

/**
 * Returns the share of an upload that is sent, 0 to 1. If all files are empty, their number counts. `undefined` while the
 * size is unknown.
 */
export function shareSent({ bytes, totalBytes, filesDone, totalFiles }: TransferEvent): number | undefined {
  if (totalBytes === 0 && totalFiles) return filesDone / totalFiles;
  return totalBytes ? bytes / totalBytes : undefined;
}

/** Returns the bytes sent, and the total if it is known; `undefined` if all files are empty. */
function bytesWords({ bytes, totalBytes, readBytes }: TransferEvent): string | undefined {
  if (totalBytes === 0) return undefined;
  if (totalBytes !== undefined) return `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
  if (readBytes === undefined) return formatBytes(bytes);
  return bytes === 0
    ? `${formatBytes(readBytes)} read`
    : `${formatBytes(bytes)} of ${formatBytes(readBytes)} read`;
}

/** Returns share, bytes, rate and time left in one line. */
export function progressLine(event: TransferEvent): string {
  const { rate } = event;
  const share = shareSent(event);
  const parts = [
    share === undefined ? undefined : `${Math.floor(share * 100)}%`,
    bytesWords(event),
    rate > 0 ? `${formatBytes(rate)}/s` : undefined,
    remaining(event),
  ];
  return parts.filter((part) => part !== undefined).join('  ');
}

/** Returns one line for all requests that wait for the network; `undefined` if there are none. */
export function troubleLine({ trouble }: TransferEvent): string | undefined {
  return trouble && `Network trouble on ${count(trouble.count, trouble.noun)}; retrying…`;
}
