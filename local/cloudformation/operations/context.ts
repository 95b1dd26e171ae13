import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { AwsError } from '../../wire/errors.ts';
import { paginate } from '../../wire/paging.ts';
import type { QueryMembers } from '../../wire/query-protocol.ts';
import type { Engine } from '../engine/engine.ts';
import type { LaggingView } from '../stack/lagging.ts';
import type { StackStore } from '../stack/store.ts';

/** What every operation works with. */
export interface OperationContext {
  readonly store: StackStore;
  /** What the describing operations see of it. */
  readonly view: LaggingView;
  readonly engine: Engine;
  readonly handlers: ReadonlyMap<string, ResourceHandler>;
  readonly now: () => Date;
}

export interface Operation {
  /** Parameters that are understood; any other is refused by name instead of being ignored. */
  readonly takes: readonly string[];
  readonly run: (query: JsonObject, context: OperationContext) => QueryMembers | undefined;
}

/** Of all lists that are paged. */
const PAGE = 100;

/** Returns a page of a list that grows at its end only, and the token of the next one; `newestFirst` from its end. */
export function page<T>(all: readonly T[], token: string | undefined, newestFirst = false) {
  const { items, next } = paginate(all, {
    limit: PAGE,
    token,
    descending: newestFirst,
    invalidToken: () => new AwsError('ValidationError', 'Invalid NextToken'),
  });
  return { items, ...omitUndefined({ NextToken: next }) };
}
