import stringWidth from 'fast-string-width';

/*
 * Widths in terminal columns: a Chinese letter or an emoji takes two, a combining accent none. Text is never cut within a
 * grapheme. Loading the tables takes longer than a small upload, so only the terminal renderer does it.
 */
let letters: Intl.Segmenter | undefined;

/** Grapheme by grapheme. */
function split(text: string): string[] {
  letters ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return Array.from(letters.segment(text), ({ segment }) => segment);
}

/** Returns the graphemes that fit into `columns`. */
function fitting(all: readonly string[], columns: number): string[] {
  const taken: string[] = [];
  let width = 0;
  for (const letter of all) {
    width += stringWidth(letter);
    if (width > columns) break;
    taken.push(letter);
  }
  return taken;
}

export function fits(text: string, columns: number): boolean {
  return stringWidth(text) <= columns;
}

/** Cuts off the end of a line that is too wide. */
export function cutEnd(text: string, columns: number): string {
  if (fits(text, columns)) return text;
  return `${fitting(split(text), columns - 1).join('')}…`;
}

/** Cuts off the beginning of a line that is too wide, such as an answer being typed. */
export function cutStart(text: string, columns: number): string {
  if (fits(text, columns)) return text;
  return `…${fitting(split(text).reverse(), columns - 1)
    .reverse()
    .join('')}`;
}

/** Shortens a name in the middle, so that its beginning and its extension stay visible. */
export function cutMiddle(text: string, columns: number): string {
  if (fits(text, columns)) return text;
  const all = split(text);
  const head = fitting(all, Math.ceil((columns - 1) / 2)).join('');
  const tail = fitting(all.reverse(), columns - 1 - stringWidth(head)).reverse();
  return `${head}…${tail.join('')}`;
}
