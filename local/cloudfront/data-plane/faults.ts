import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { omitUndefined } from '../../../protocol/fields.ts';
import { Dice } from '../../faults/throttling.ts';
import type { Faults } from '../../faults.ts';
import { xmlDocument } from '../../wire/xml.ts';

type EdgeFaults = NonNullable<Faults['edge']>;

/** Faults to inject into one request. */
export interface FaultPlan {
  readonly unavailable: boolean;
  readonly bytesPerSecond?: number;
  /** Bytes of the body after which the connection is reset. */
  readonly resetAt?: number;
  /** Bytes of the body after which reading stops for `stallMs`. */
  readonly stallAt?: number;
  readonly stallMs: number;
}

/** Offset for a fault in a body of unknown length. */
const UNKNOWN_LENGTH = 1024 * 1024;

/** Draws faults for each request, repeatably for the same seed. A new seed restarts the sequence. */
export class FaultDice {
  #seed: number | undefined;
  #dice = new Dice(0);

  /** Whether a web ACL blocks a request: every request, or those with a body larger than its limit. */
  blocks({ webAcl }: EdgeFaults = {}, contentLength: number | undefined): boolean {
    if (webAcl === undefined) return false;
    return webAcl.bodyOver === undefined || (contentLength ?? Number.POSITIVE_INFINITY) > webAcl.bodyOver;
  }

  plan(faults: EdgeFaults | undefined, contentLength: number | undefined): FaultPlan | undefined {
    if (faults === undefined) return undefined;
    const seed = faults.seed ?? 0;
    if (seed !== this.#seed) {
      this.#seed = seed;
      this.#dice = new Dice(seed);
    }
    // Every request draws all five numbers, so that enabling one fault does not shift the others.
    const [unavailable, reset, resetWhere, stall, stallWhere] = [
      this.#dice.throw(),
      this.#dice.throw(),
      this.#dice.throw(),
      this.#dice.throw(),
      this.#dice.throw(),
    ];
    const length = contentLength ?? UNKNOWN_LENGTH;
    return {
      unavailable: unavailable < (faults.unavailable ?? 0),
      ...omitUndefined({ bytesPerSecond: faults.bytesPerSecond }),
      ...(reset < (faults.reset ?? 0) ? { resetAt: Math.floor(resetWhere * length) } : {}),
      ...(stall < (faults.stall ?? 0) ? { stallAt: Math.floor(stallWhere * length) } : {}),
      stallMs: faults.stallMs ?? 0,
    };
  }
}

/** Whether the plan affects the body. */
export function impairs(plan: FaultPlan): boolean {
  return plan.bytesPerSecond !== undefined || plan.resetAt !== undefined || plan.stallAt !== undefined;
}

/** Clock for the injected delays, milliseconds. */
export interface Clock {
  now(): number;
  wait(ms: number): Promise<void>;
}

const SYSTEM_CLOCK: Clock = { now: () => performance.now(), wait };

/** Yields the body with the plan's faults applied. Throws where the plan resets the connection. */
export async function* impairedBody(
  body: Readable,
  plan: FaultPlan,
  resetConnection: () => void,
  clock: Clock = SYSTEM_CLOCK,
): AsyncGenerator<Buffer> {
  const { bytesPerSecond, resetAt = Number.POSITIVE_INFINITY } = plan;
  let { stallAt = Number.POSITIVE_INFINITY } = plan;
  let passed = 0;
  const started = clock.now();
  if (resetAt === 0) throw reset(resetConnection);
  for await (const read of body.iterator({ destroyOnReturn: false })) {
    const chunk: Buffer = read;
    const end = passed + chunk.length;
    if (end >= stallAt) {
      stallAt = Number.POSITIVE_INFINITY;
      await clock.wait(plan.stallMs);
    }
    if (end >= resetAt) {
      yield chunk.subarray(0, resetAt - passed);
      throw reset(resetConnection);
    }
    passed = end;
    if (bytesPerSecond !== undefined) {
      const due = started + (passed / bytesPerSecond) * 1_000;
      await clock.wait(Math.max(0, due - clock.now()));
    }
    yield chunk;
  }
}

function reset(resetConnection: () => void): Error {
  resetConnection();
  return new Error('The connection was reset by a fault');
}

/** S3's response to too many requests. */
export function slowDown(requestId: string): string {
  return xmlDocument(
    'Error',
    {
      Code: 'SlowDown',
      Message: 'Please reduce your request rate.',
      RequestId: requestId.slice(0, 16),
      HostId: requestId,
    },
    { declaration: true },
  );
}
