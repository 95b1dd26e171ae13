import { setTimeout as delay } from 'node:timers/promises';
import { AdaptiveRetryStrategy } from '@smithy/core/retry';
import type { RetryErrorInfo, RetryToken, StandardRetryToken } from '@smithy/types';
import type { Context } from '../context.ts';
import type { Service } from './aws-settings.ts';
import { findFailure, isTimeout } from './failures.ts';
import { networkFailure } from './network-failure.ts';

/** Attempts of each request. If the service throttles, their random delays add up to 71 seconds at most. */
export const ATTEMPTS = 8;

/** Longest delay before an attempt after Ctrl-C, in milliseconds. Clean-up requests have 5 seconds in all. */
const HURRIED_MS = 500;

/** Number of the retry that is reported. The first one usually succeeds, after less than a second. */
const REPORTED = 2;

/** Milliseconds before the first retry; they double. Those of the SDK. */
const THROTTLED_MS = 1_000;
const OTHER_MS = 50;
const LONGEST_MS = 20_000;

interface RetryOptions {
  /** Name of the service, for texts. */
  readonly service: string;
  /** Shortens the delays once it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Called before delays that are likely to take seconds. */
  readonly onDelay: (text: string) => void;
}

/** The SDK's adaptive retries. Their delays are reported, and Ctrl-C ends them. */
class AwsRetries extends AdaptiveRetryStrategy {
  readonly #options: RetryOptions;

  constructor(options: RetryOptions) {
    // The SDK's own delay cannot be interrupted.
    super(ATTEMPTS, {
      maxAttempts: ATTEMPTS,
      backoff: { computeNextBackoffDelay: () => 0, setDelayBase: () => {} },
    });
    this.#options = options;
  }

  override async refreshRetryTokenForRetry(
    token: StandardRetryToken,
    info: RetryErrorInfo,
  ): Promise<RetryToken> {
    const next = await super.refreshRetryTokenForRetry(token, info);
    const retry = next.getRetryCount();
    const { service, onDelay } = this.#options;
    if (retry === REPORTED || isSilence(info)) onDelay(delayText(service, info));
    await this.#pause(delayBefore(retry, info));
    return next;
  }

  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#options;
    try {
      await delay(milliseconds, undefined, { signal });
    } catch (error) {
      if (!signal?.aborted) throw error;
      await delay(Math.min(milliseconds, HURRIED_MS));
    }
  }
}

/** Whether an attempt took all its time. */
function isSilence({ error }: RetryErrorInfo): boolean {
  const failure = findFailure(error);
  return failure !== undefined && isTimeout(failure);
}

function delayText(service: string, { error, errorType }: RetryErrorInfo): string {
  if (errorType === 'THROTTLING') {
    return `${service} throttles the requests of this account. Retrying, which can take a minute.`;
  }
  const { message = `${service} reports a temporary failure.` } = networkFailure(error, service) ?? {};
  return `${message} Retrying.`;
}

/** Returns a random part of a delay that doubles, as the SDK does. */
function delayBefore(retry: number, { errorType }: RetryErrorInfo): number {
  const first = errorType === 'THROTTLING' ? THROTTLED_MS : OTHER_MS;
  return Math.floor(Math.random() * Math.min(first * 2 ** (retry - 1), LONGEST_MS));
}

const TITLES = {
  CLOUDFORMATION: 'CloudFormation',
  CLOUDWATCH_LOGS: 'CloudWatch Logs',
  COGNITO_IDENTITY_PROVIDER: 'Cognito',
  IAM: 'IAM',
  KMS: 'KMS',
  LAMBDA: 'Lambda',
  S3: 'S3',
  STS: 'STS',
} as const satisfies Record<Service, string>;

/** Returns the retries of each client of a command. Delays are notes of its ui, one for each service. */
export function awsRetries({ ui, signal }: Partial<Pick<Context, 'ui' | 'signal'>>) {
  const noted = new Set<Service>();
  return (service: Service) =>
    new AwsRetries({
      service: TITLES[service],
      signal,
      onDelay(text) {
        if (noted.has(service)) return;
        noted.add(service);
        ui?.event({ type: 'note', text });
      },
    });
}
