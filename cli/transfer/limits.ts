import { DESCRIPTION_KEY } from '../../protocol/key-rules.ts';
import type { TokenSource } from '../identity/tokens/access-token.ts';
import type { LimitsMemory } from './remembered-limits.ts';
import type { EdgeClient } from './wire/edge-client.ts';
import { type EdgeLimits, readLimits } from './wire/edge-limits.ts';
import { orInterrupted } from './wire/grace.ts';
import { notInGroup } from './wire/refusals.ts';

/** What the edge allows the caller of this command. */
export interface Limits {
  /** As an earlier command remembered them, else as the edge answers; it is asked once. */
  current(): Promise<EdgeLimits>;
  /** As the edge answers now. */
  fresh(): Promise<EdgeLimits>;
  /** Those that replaced `used` since, for the case of a refusal; `undefined` where `used` is what the edge answers. */
  newerThan(used: EdgeLimits): Promise<EdgeLimits | undefined>;
}

export interface LimitsOptions {
  readonly edge: EdgeClient;
  readonly tokens: TokenSource;
  readonly memory?: LimitsMemory | undefined;
  readonly signal: AbortSignal;
}

async function ask({ edge, tokens, memory }: LimitsOptions): Promise<EdgeLimits> {
  const { value } = await edge.request(
    { method: 'GET', key: DESCRIPTION_KEY, subject: edge.url },
    ({ text }) => {
      const limits = readLimits(text);
      if (limits.writeTo?.length === 0) throw notInGroup(edge.url);
      return limits;
    },
  );
  // The request may have renewed the token.
  await memory?.keep(await tokens.current(), value);
  return value;
}

export function createLimits(options: LimitsOptions): Limits {
  const { tokens, memory, signal } = options;
  let recalled: Promise<EdgeLimits | undefined> | undefined;
  let asked: Promise<EdgeLimits> | undefined;
  const recall = async () => memory?.recall(await orInterrupted(tokens.current(), signal));
  const fresh = () => {
    asked ??= ask(options).catch((error: unknown) => {
      asked = undefined;
      throw error;
    });
    return asked;
  };
  const current = async () => {
    if (asked !== undefined) return asked;
    recalled ??= recall();
    return (await recalled) ?? fresh();
  };
  return {
    current,
    fresh,
    async newerThan(used) {
      const now = await fresh();
      return now === used || isSame(now, used) ? undefined : now;
    },
  };
}

function isSame(one: EdgeLimits, other: EdgeLimits): boolean {
  return one.maxSize === other.maxSize && String(one.writeTo) === String(other.writeTo);
}
