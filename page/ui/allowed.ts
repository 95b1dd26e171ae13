import type { Texts } from '../texts/en.ts';
import { type Caller, isOfLink } from '../transfer/caller.ts';
import { element, visibleName } from './elements.ts';
import type { Format } from './format.ts';

/** Describes what the caller can send. */
export function allowedText(caller: Caller, texts: Texts, format: Format): string {
  const { key, maxSize, tokenExpiresAt, noClobber } = caller;
  const single = key !== undefined;
  const largest = single ? texts.largestOne : texts.largest;
  return [
    single ? texts.oneFile : texts.manyFiles,
    ...(maxSize === undefined ? [] : [largest(format.bytes(maxSize))]),
    ...(tokenExpiresAt === undefined || !isOfLink(caller) ? [] : [texts.until(format.time(tokenExpiresAt))]),
    ...(noClobber && !single ? [texts.neverReplaced] : []),
  ].join(' ');
}

/** Where the files go. */
interface Destination {
  readonly element: HTMLElement;
  /** Returns the prefix for the path of each file. */
  readonly prefix: () => string;
}

/** Creates the choice of a destination: a menu if the caller can write to several prefixes. */
export function createDestination({ writeTo, key }: Caller, texts: Texts): Destination {
  const [first = ''] = writeTo;
  if (key !== undefined || writeTo.length < 2) {
    return { element: element('div', { hidden: true }), prefix: () => (key === undefined ? first : '') };
  }
  const select = element(
    'select',
    { id: 'destination' },
    ...writeTo.map((one) => element('option', {}, visibleName(one))),
  );
  const label = element('label', { for: 'destination' }, texts.destination);
  return {
    element: element('p', { class: 'destination' }, label, ' ', select),
    prefix: () => writeTo[select.selectedIndex] ?? first,
  };
}
