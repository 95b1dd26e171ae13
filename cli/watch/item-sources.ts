import type { Item, Sources } from '../transfer/sources/sources.ts';

/** Returns sources of items that are found once, one at a time. */
export function itemSources(several: boolean, items: Sources['items']): Sources {
  return {
    several,
    repeatable: false,
    items,
    async *batches(warn): AsyncGenerator<readonly Item[], void, void> {
      for await (const item of items(warn)) yield [item];
    },
  };
}
