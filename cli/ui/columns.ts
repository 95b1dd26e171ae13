import stringWidth from 'fast-string-width';

/*
 * A terminal counts columns: a letter of Chinese or an emoji takes two, an accent of its own none. What a person sees as one
 * letter is cut nowhere. Loading what knows this takes longer than a small upload's own work: only the terminal's screen does.
 */
let letters: Intl.Segmenter | undefined;

/** Letter by letter. */
function split(text: string): string[] {
  letters ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return Array.from(letters.segment(text), ({ segment }) => segment);
}

/** As many of the letters as fit in so many columns. */
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

/** Cuts the end off a line that is too wide. */
export function cutEnd(text: string, columns: number): string {
  if (fits(text, columns)) return text;
  return `${fitting(split(text), columns - 1).join('')}…`;
}

/** Cuts the beginning off a line that is too wide, such as one that is being typed. */
export function cutStart(text: string, columns: number): string {
  if (fits(text, columns)) return text;
  return `…${fitting(split(text).reverse(), columns - 1)
    .reverse()
    .join('')}`;
}

/** Shortens a name in the middle, so that its beginning and its extension stay. */
export function cutMiddle(text: string, columns: number): string {
  if (fits(text, columns)) return text;
  const all = split(text);
  const head = fitting(all, Math.ceil((columns - 1) / 2)).join('');
  const tail = fitting(all.reverse(), columns - 1 - stringWidth(head)).reverse();
  return `${head}…${tail.join('')}`;
}
