import type { JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { AwsError } from '../../wire/errors.ts';
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

/** A page of a list, and the token of the next one. Tokens are offsets: for lists that do not grow at their front. */
export function page<T>(
  items: readonly T[],
  token: string | undefined,
): { items: readonly T[]; NextToken?: string } {
  const from = token === undefined ? 0 : offsetOf(token);
  const next = from + PAGE;
  return { items: items.slice(from, next), ...(next < items.length ? { NextToken: tokenOf(next) } : {}) };
}

/**
 * A page of a list that grows at its end, read backwards. Tokens count from the beginning, so that what is added while
 * someone turns pages neither repeats nor hides anything.
 */
export function pageBackwards<T>(
  items: readonly T[],
  token: string | undefined,
): { items: readonly T[]; NextToken?: string } {
  const to = token === undefined ? items.length : offsetOf(token);
  const from = Math.max(0, to - PAGE);
  return { items: items.slice(from, to).reverse(), ...(from > 0 ? { NextToken: tokenOf(from) } : {}) };
}

function tokenOf(offset: number): string {
  return Buffer.from(String(offset)).toString('base64url');
}

function offsetOf(token: string): number {
  const offset = Buffer.from(token, 'base64url').toString();
  if (/^\d{1,9}$/.test(offset)) return Number(offset);
  throw new AwsError('ValidationError', 'Invalid NextToken');
}
