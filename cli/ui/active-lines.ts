import { cutMiddle } from './columns.ts';
import type { TransferEvent } from './events.ts';
import { formatBytes } from './format.ts';
import { visible } from './shown.ts';

/** A line for each file under way, at most `lines` of them, none wider than `width`. */
export function activeLines({ active }: TransferEvent, width: number, lines: number): string[] {
  return active.slice(0, lines).map(({ name, bytes, size }) => {
    const share = size ? `${Math.floor((bytes / size) * 100)}%`.padStart(4) : formatBytes(bytes).padStart(4);
    return `${share}  ${cutMiddle(visible(name), Math.max(8, width - share.length - 6))}`;
  });
}
