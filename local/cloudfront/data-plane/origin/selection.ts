import type { Selection } from '../../model.ts';

/** Whether a policy forwards the header, cookie or query key of this name. */
export function selects({ behavior, names }: Selection, name: string): boolean {
  switch (behavior) {
    case 'none':
      return false;
    case 'all':
      return true;
    case 'whitelist':
      return names.includes(name);
    case 'allExcept':
      return !names.includes(name);
  }
}

/** Returns the selected parts of a `;`- or `&`-separated list, unchanged. */
export function selectedPairs(text: string, separator: ';' | '&', selection: Selection): string {
  if (text === '' || selection.behavior === 'all') return text;
  return text
    .split(separator)
    .filter((pair) => selects(selection, (pair.split('=', 1)[0] ?? '').trim()))
    .join(separator)
    .trim();
}
