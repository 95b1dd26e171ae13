import { InUse } from '../../cli/command-line.ts';
import type { Result } from '../../cli/context.ts';
import type { UiEvent } from '../../cli/ui/events.ts';
import { printedText, type Text, textLines } from '../../cli/ui/shown.ts';

/** Returns the lines of a text as one string. */
export function flatText(text: Text = '', inUse = new InUse()): string {
  return textLines(printedText(text, inUse))
    .map((line) => (typeof line === 'string' ? line : (line.plain ?? `${line.head ?? ''}${line.text}`)))
    .join('\n');
}

type Flat<T> = T extends { readonly text: Text } ? Omit<T, 'text'> & { readonly text: string } : T;

/** An event whose text is one string. Rows that are written together become separate events. */
export type FlatEvent = Flat<Exclude<UiEvent, { type: 'rows' }>>;

export function flatEvents(event: UiEvent, inUse = new InUse()): FlatEvent[] {
  if (event.type === 'rows') return event.rows.flatMap((row) => flatEvents({ type: 'row', ...row }, inUse));
  return ['text' in event ? ({ ...event, text: flatText(event.text, inUse) } as FlatEvent) : event];
}

export type FlatResult = Omit<Result, 'text'> & { readonly text?: string };

export function flatResult({ text, ...result }: Result): FlatResult {
  return text === undefined ? result : { ...result, text: flatText(text) };
}
