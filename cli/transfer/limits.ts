import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { omitUndefined, readFields } from '../../protocol/fields.ts';
import { POOL_ALIAS } from '../../protocol/issuer.ts';
import { DESCRIPTION_KEY } from '../../protocol/object-url.ts';
import type { Context } from '../context.ts';
import { isUserError, UserError } from '../errors.ts';
import type { TokenSource } from '../identity/tokens/access-token.ts';
import type { CommandTokens } from '../identity/tokens/token-source.ts';
import { orInterrupted } from '../network/cancellation.ts';
import { requireFolder } from '../settings/folders.ts';
import { readIfThere, replaceFile } from '../settings/own-files.ts';
import type { Target } from '../settings/target.ts';
import { formatBytes } from '../ui/format.ts';
import { notAllowed } from './wire/known-refusals.ts';
import type { HttpResponse } from './wire/responses.ts';

/** The limits of an edge for a caller. */
export interface EdgeLimits {
  /** Bytes of the largest object; absent: S3's limits. */
  readonly maxSize?: number;
  /**
   * Prefixes that the caller is allowed to write; the empty prefix allows all keys. Absent if the edge does not list
   * them.
   */
  readonly writeTo?: readonly string[];
  /** The only key that the caller is allowed to write, under a link or key for it. */
  readonly key?: string;
  /** Prefixes that the edge left out of a long `writeTo`. */
  readonly omitted?: number;
  /** Alias of the caller's issuer; absent if the edge knows only the user pool. */
  readonly issuer?: string;
}

/** Returns the limits that an edge's description of itself contains; none for any other text. */
export function readLimits(text: string): EdgeLimits {
  try {
    const { policy, caller } = JSON.parse(text) as {
      policy?: { maxSize?: unknown };
      caller?: {
        writeTo?: unknown;
        key?: unknown;
        maxSize?: unknown;
        issuer?: unknown;
        omitted?: { writeTo?: unknown };
      };
    };
    const sizes = [policy?.maxSize, caller?.maxSize].map(numberOf).filter((size) => size !== undefined);
    return omitUndefined({
      maxSize: sizes.length === 0 ? undefined : Math.min(...sizes),
      issuer: typeof caller?.issuer === 'string' ? caller.issuer : undefined,
      writeTo: isTexts(caller?.writeTo) ? caller.writeTo : undefined,
      key: typeof caller?.key === 'string' ? caller.key : undefined,
      omitted: numberOf(caller?.omitted?.writeTo) || undefined,
    });
  } catch {
    // The next request shows what responds at this address.
    return {};
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** For sizes that the deployment refuses, not S3. */
export const LARGER_LIMIT = { hint: 'Ask the operator of the edge for a larger limit.' };

/** @throws {UserError} `too_large` */
export function checkSize(subject: string, bytes: number, { maxSize }: EdgeLimits): void {
  if (maxSize === undefined || bytes <= maxSize) return;
  throw new UserError(
    'too_large',
    `${subject} is larger than the ${formatBytes(maxSize)} (${maxSize} bytes) that the edge accepts.`,
    LARGER_LIMIT,
  );
}

/** The edge's limits for the caller of this command. */
export interface Limits {
  /** Returns the limits that an earlier command remembered, or those of the edge, which is asked once. */
  current(): Promise<EdgeLimits>;
  /** Requests the current limits. */
  fresh(): Promise<EdgeLimits>;
  /** After a refusal, returns the limits that have replaced `used`; `undefined` if `used` is current. */
  newerThan(used: EdgeLimits): Promise<EdgeLimits | undefined>;
}

/** What limits need of the edge's client. The client checks limits, so its own type would be a circle. */
interface Edge {
  readonly url: string;
  request<T>(
    request: {
      readonly method: 'GET';
      readonly key: string;
      readonly query?: Readonly<Record<string, string>>;
      readonly subject: string;
    },
    read: (response: HttpResponse) => T,
  ): Promise<{ readonly value: T }>;
}

export interface LimitsOptions {
  readonly edge: Edge;
  readonly tokens: TokenSource;
  readonly memory?: LimitsMemory | undefined;
  readonly signal: AbortSignal;
}

async function ask({ edge, tokens, memory }: LimitsOptions): Promise<EdgeLimits> {
  let issuer: string | undefined;
  try {
    const { value } = await edge.request(
      { method: 'GET', key: DESCRIPTION_KEY, subject: edge.url },
      ({ text }) => {
        const limits = readLimits(text);
        ({ issuer } = limits);
        if (limits.writeTo?.length === 0) throw notAllowed(edge.url, issuer);
        return limits;
      },
    );
    // The request may have renewed the token.
    await memory?.keep(await tokens.current(), value);
    return value;
  } catch (error) {
    const isRefused = isUserError(error) && error.code === 'forbidden';
    if (isRefused && issuer !== undefined && issuer !== POOL_ALIAS) await askWhy(edge);
    throw error;
  }
}

/** Sends a request that changes nothing. If no rule matches the caller, its refusal names the claims that differ. */
async function askWhy(edge: Edge): Promise<void> {
  await edge.request(
    { method: 'GET', key: 'uploads', query: { uploads: '' }, subject: edge.url },
    () => undefined,
  );
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
  return (
    one.maxSize === other.maxSize &&
    one.omitted === other.omitted &&
    String(one.writeTo) === String(other.writeTo)
  );
}

/** The limits of a token, remembered between commands. */
export interface LimitsMemory {
  recall(token: string): Promise<EdgeLimits | undefined>;
  keep(token: string, limits: EdgeLimits): Promise<void>;
}

/** Forgets the limits of an edge that are known to be outdated. */
export async function forgetLimits(
  context: Pick<Context, 'env' | 'home' | 'platform' | 'ui'>,
  url: string,
): Promise<void> {
  try {
    await rm(limitsFile(context, url), { force: true });
  } catch (error) {
    context.ui.event({ type: 'debug', text: error instanceof Error ? error.message : String(error) });
  }
}

function limitsFile(context: Parameters<typeof requireFolder>[0], url: string): string {
  return join(requireFolder(context, 'state'), 'limits', `${digestOf(url).slice(0, 16)}.json`);
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

/**
 * Stores limits beside a stored sign-in, one file for each edge. They are valid for one access token only, so they are
 * requested again at least as often as it is refreshed. For a credential of the environment, and for a job, nothing is
 * stored.
 */
export function rememberedLimits(
  context: Context,
  target: Target,
  tokens: Pick<CommandTokens, 'origin'>,
): LimitsMemory {
  const path = () => limitsFile(context, target.url);
  const isSignIn = async () => (await tokens.origin()).kind === 'kept';
  // Without the file, the edge is asked, so that neither an error nor a warning is needed.
  const unusable = (error: UserError) => context.ui.event({ type: 'debug', text: error.message });
  return {
    async recall(token) {
      if (!(await isSignIn())) return undefined;
      try {
        const text = (await readIfThere(path())) ?? '';
        return readFields(text)?.token === digestOf(token) ? readLimits(text) : undefined;
      } catch (error) {
        if (!isUserError(error)) throw error;
        unusable(error);
        return undefined;
      }
    },
    async keep(token, { maxSize, writeTo, omitted }) {
      if (!(await isSignIn())) return;
      // In the form of the edge's own description, so that one parser reads both.
      const caller = { writeTo, omitted: { writeTo: omitted } };
      const document = { token: digestOf(token), policy: { maxSize }, caller };
      try {
        await replaceFile(path(), `${JSON.stringify(document)}\n`);
      } catch (error) {
        if (!isUserError(error)) throw error;
        unusable(error);
      }
    },
  };
}
