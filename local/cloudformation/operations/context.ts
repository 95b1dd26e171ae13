import type { ResourceHandler } from '../../resource.ts';
import { AwsError } from '../../wire/errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { StackStore } from '../stack/store.ts';
import type { QueryObject } from '../wire/query.ts';
import type { XmlValue } from '../wire/xml.ts';

/** What every operation works with. */
export interface OperationContext {
  readonly store: StackStore;
  readonly engine: Engine;
  readonly handlers: ReadonlyMap<string, ResourceHandler>;
  readonly now: () => Date;
}

export interface Operation {
  /** Parameters that are understood; any other is refused by name instead of being ignored. */
  readonly takes: readonly string[];
  readonly run: (query: QueryObject, context: OperationContext) => XmlValue;
}

/** A page of a list, and the token of the next one. Tokens are offsets: lists are newest first or fixed. */
export function page<T>(
  items: readonly T[],
  token: string | undefined,
  size = 100,
): { items: readonly T[]; NextToken?: string } {
  const at = token === undefined ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isInteger(at) || at < 0) throw new AwsError('ValidationError', 'Invalid NextToken');
  const next = at + size;
  return {
    items: items.slice(at, next),
    ...(next < items.length ? { NextToken: Buffer.from(String(next)).toString('base64url') } : {}),
  };
}
