import { setMaxListeners } from 'node:events';
import type { Dispatcher } from 'undici';
import type { Context } from '../context.ts';
import type { UserError } from '../errors.ts';
import type { TokenSource } from '../identity/tokens/access-token.ts';
import { formatDuration } from '../ui/format.ts';
import { createLimits, type Limits } from './limits.ts';
import { journalFolder } from './multipart/journal.ts';
import { createRings, type Rings } from './pacing/buffers.ts';
import { createLanes, type Lanes } from './pacing/lanes.ts';
import { createPool, type Pool } from './pacing/pool.ts';
import { createRateLimit } from './pacing/rate-limit.ts';
import { type Algorithm, type Digester, openDigester } from './proof/digests.ts';
import type { LimitsMemory } from './remembered-limits.ts';
import { createEdgeClient, type EdgeClient, type Trouble } from './wire/edge-client.ts';
import { CLEAN_UP_MS, delayedSignal, GRACE_MS } from './wire/grace.ts';
import { CLOCK, type Clock, type PassingFailure, RETRY, type RetryPolicy } from './wire/retry.ts';

/** What all uploads of one command share. */
export interface Tools {
  readonly edge: EdgeClient;
  /** For the last words, which Ctrl-C does not cut off. */
  readonly closing: EdgeClient;
  readonly digester: Digester;
  readonly rings: Rings;
  readonly limits: Limits;
  /** Bounds the requests under way, of all files. */
  readonly pool: Pool;
  /** Bounds the parts among them. */
  readonly lanes: Lanes;
  /** Where journals are kept. @throws {UserError} `settings` where this computer has no such folder. */
  readonly journals: () => string;
  /** Told why an upload has no journal; a warning, once for all uploads of a command. */
  readonly onJournalTrouble: (error: UserError) => void;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly warn: (text: string) => void;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/** How the edge is reached, and how hard it is tried. */
export interface EdgeOptions {
  /** `https://<host>[:port]` */
  readonly url: string;
  readonly dispatcher: Dispatcher;
  readonly tokens: TokenSource;
  /** What an earlier command learned of the edge's limits; absent: the edge is asked. */
  readonly limitsMemory?: LimitsMemory;
  /** Requests under way at once, of all files together. */
  readonly concurrency?: number;
  /** An attempt that moves no byte for so long is cut, milliseconds; 0: never. */
  readonly stallMs?: number;
  /** Bytes a second of the whole process. */
  readonly limitRate?: number;
  /** The checksum that S3 checks and keeps. */
  readonly checksum?: Algorithm;
  readonly retry?: RetryPolicy;
  readonly clock?: Clock;
  /** Told when the requests that wait for another try become more or fewer. */
  readonly onTrouble?: (trouble: Trouble) => void;
}

const CONCURRENCY = 16;
const STALL_MS = 30_000;

/** A wait of so long that the server asked for is worth a note; other waits are one live line, and told with `--debug`. */
const WORTH_A_NOTE_MS = 5_000;
const NOTE_EVERY_MS = 10_000;

/** What is still said to the store after Ctrl-C is tried less hard. */
const LAST_WORDS = { retry: { ...RETRY, tries: 3, windowMs: 5_000 }, stallMs: 5_000 };

export async function openTools(context: Context, options: EdgeOptions): Promise<Tools> {
  const { ui, signal, now } = context;
  const {
    concurrency = CONCURRENCY,
    stallMs = STALL_MS,
    limitRate,
    checksum = 'crc32',
    retry = RETRY,
    clock = CLOCK,
    onTrouble,
  } = options;
  let notedAt = Number.NEGATIVE_INFINITY;
  const wire = {
    url: options.url,
    dispatcher: options.dispatcher,
    tokens: options.tokens,
    clock,
    now,
    limit: limitRate === undefined ? undefined : createRateLimit(limitRate, clock, signal),
    onRetry: (subject: string, failure: PassingFailure, tries: number, waitMs: number) => {
      const asked = (failure.details.retryAfterMs ?? 0) >= WORTH_A_NOTE_MS;
      const worthNoting = asked && clock.now() - notedAt >= NOTE_EVERY_MS;
      if (worthNoting) notedAt = clock.now();
      ui.event({
        type: worthNoting ? 'note' : 'debug',
        text: `${subject}: ${failure.message} Trying again in ${formatDuration(waitMs)} (try ${tries + 1}).`,
      });
    },
  };
  // Every request and every wait listens to it, and each stops when it ends: many listeners are no leak.
  setMaxListeners(0, signal);
  const warn = (text: string) => ui.event({ type: 'warning', text });
  let journalTrouble = false;
  const sending = delayedSignal(signal, GRACE_MS);
  const cleaningUp = delayedSignal(signal, CLEAN_UP_MS);
  setMaxListeners(0, sending, cleaningUp);
  const edge = createEdgeClient({ ...wire, retry, stallMs, signal, sending, onTrouble });
  return {
    edge,
    closing: createEdgeClient({ ...wire, ...LAST_WORDS, signal: cleaningUp }),
    digester: await openDigester(checksum),
    rings: createRings(),
    limits: createLimits({ edge, tokens: options.tokens, memory: options.limitsMemory, signal }),
    pool: createPool(concurrency),
    lanes: createLanes({ most: concurrency, limitRate, clock, signal }),
    journals: () => journalFolder(context),
    onJournalTrouble: (error) => {
      if (!journalTrouble) warn(`An interrupted upload may have to start again: ${error.message}`);
      journalTrouble = true;
    },
    clock,
    now,
    warn,
    note: (text) => ui.event({ type: 'note', text }),
    signal,
  };
}
