import { omitUndefined } from '../../../protocol/fields.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { text } from '../../shape.ts';
import { operationsOf } from '../../wire/operations.ts';
import { paginate } from '../../wire/paging.ts';
import type { QueryMembers } from '../../wire/query-protocol.ts';
import type { Engine } from '../engine/engine.ts';
import { validationError } from '../errors.ts';
import type { LaggingView, StackStore } from '../stack/store.ts';
import type { GetObject } from './template-body.ts';

export interface OperationContext {
  readonly store: StackStore;
  /** The stacks as the describing operations see them. */
  readonly view: LaggingView;
  readonly engine: Engine;
  readonly handlers: ReadonlyMap<string, ResourceHandler>;
  readonly getObject: GetObject;
  readonly now: () => Date;
}

/** Creates an operation. Parameters that are not in its fields are refused by name. */
export const operation = operationsOf<OperationContext, QueryMembers>({
  format: 'query',
  prepare: withoutEmpty,
});

/** Omits empty parameters, which AWS treats as absent. Empty `Tags` are a list without tags, and remove all tags. */
function withoutEmpty(query: JsonObject): JsonObject {
  const given = Object.entries(query).filter(([name, value]) => value !== '' || name === 'Tags');
  return Object.fromEntries<Json>(given);
}

/** The parameter of all paged lists. */
export const paged = { NextToken: text({ max: 1024 }) };

const PAGE = 100;

interface Order<T> {
  /** Returns a unique sort key. Needed for a list that items are removed from. */
  readonly keyOf?: (item: T) => string;
  readonly newestFirst?: boolean;
}

/** Returns a page of a list, and the token of the next page. */
export function page<T>(
  all: readonly T[],
  token: string | undefined,
  { keyOf, newestFirst = false }: Order<T> = {},
) {
  const { items, next } = paginate(all, {
    limit: PAGE,
    token,
    descending: newestFirst,
    invalidToken: () => validationError('Invalid NextToken'),
    ...omitUndefined({ keyOf }),
  });
  return { items, ...omitUndefined({ NextToken: next }) };
}

/** The order of stacks and of change sets. */
export const BY_CREATION = {
  keyOf: ({ created, id }: { readonly created: string; readonly id: string }) => `${created} ${id}`,
  newestFirst: true,
};

/** The order of the resources of a stack: by logical id. */
export const BY_LOGICAL_ID = { keyOf: ([logicalId]: readonly [string, unknown]) => logicalId };
