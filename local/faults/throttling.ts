import type { Faults, ThrottlingRule } from '../faults.ts';
import { AwsError } from '../wire/errors.ts';

/** A random generator whose numbers repeat for the same seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Returns a number from 0 to 1, by Mulberry32. */
  throw(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** Called before each operation. @throws AwsError if a fault throttles it */
export type Throttle = (operation: string) => void;

export const neverThrottled: Throttle = () => {};

/** The throttling error of each service, by its name in IAM's actions: its code, and its status if not 400. */
const REFUSALS = {
  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html */
  cloudformation: ['Throttling'],
  /** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html */
  'cognito-idp': ['TooManyRequestsException'],
  events: ['ThrottlingException'],
  iam: ['Throttling'],
  /** https://docs.aws.amazon.com/kms/latest/developerguide/throttling.html */
  kms: ['ThrottlingException'],
  /** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#API_GetFunction_Errors */
  lambda: ['TooManyRequestsException', 429],
  logs: ['ThrottlingException'],
  /** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
  s3: ['SlowDown', 503],
  sns: ['Throttling', 429],
  sts: ['Throttling'],
} as const;

export type ThrottledService = keyof typeof REFUSALS;

interface Used {
  calls: number;
  readonly dice: Dice;
}

/** Returns the throttle of one service. The rules are read at each call. */
export function throttleOf(service: ThrottledService, faults: () => Faults): Throttle {
  const used = new WeakMap<ThrottlingRule, Used>();
  return (operation) => {
    const { throttling = {} } = faults();
    const isPart = operation.includes('.');
    const rule = throttling[`${service}:${operation}`] ?? (isPart ? undefined : throttling[`${service}:*`]);
    if (rule === undefined) return;
    const { calls = 0, share = 0, seed = 0 } = rule;
    const state = used.get(rule) ?? { calls: 0, dice: new Dice(seed) };
    used.set(rule, state);
    state.calls += 1;
    if (state.calls > calls && state.dice.throw() >= share) return;
    const [code, status] = REFUSALS[service];
    throw new AwsError(code, service === 's3' ? 'Please reduce your request rate.' : 'Rate exceeded', status);
  };
}

/** Called before each conditional CompleteMultipartUpload. Returns whether it conflicts with another write of its key. */
export type Conflicts = () => boolean;

export const noConflicts: Conflicts = () => false;

/** Returns the conflicts of the fault `completeConflicts`, which each call counts down. */
export function conflictsOf(faults: () => Faults): Conflicts {
  return () => {
    const current = faults();
    const left = current.completeConflicts ?? 0;
    if (left > 0) current.completeConflicts = left - 1;
    return left > 0;
  };
}
