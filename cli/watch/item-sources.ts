import type { Item } from '../transfer/sources/items.ts';
import type { Sources } from '../transfer/sources/sources.ts';

/** Returns sources for items that are found once, one at a time. */
export function itemSources(items: Sources['items']): Sources {
  return {
    several: true,
    repeatable: false,
    items,
    async *batches(warn): AsyncGenerator<readonly Item[], void, void> {
      for await (const item of items(warn)) yield [item];
    },
  };
}
