import type { StackEvent } from '@aws-sdk/client-cloudformation';
import { omitUndefined } from '../../../protocol/fields.ts';
import type { Hint } from '../../command-line.ts';
import { isUserError, UserError } from '../../errors.ts';
import { pause, resumable } from '../../network/cancellation.ts';
import { endedBy } from '../../ui/create.ts';
import { formatDuration } from '../../ui/format.ts';
import { describeStatus, resourceName } from '../../ui/resource-words.ts';
import { pages } from '../aws-calls.ts';
import { findStack, pollInterval, type StackWork } from '../find-stack.ts';
import { failureHint } from './failure-hints.ts';

/** How a stack operation ended. */
export interface Ending {
  readonly status: string;
  /** The first resource that failed, without resources that CloudFormation cancelled because of it. */
  readonly cause?: FailedResource;
}

interface FailedResource {
  readonly logicalId: string;
  readonly resourceType: string;
  readonly status: string;
  readonly reason: string;
}

const CASCADE = /^Resource (creation|update|deletion) cancelled/i;

/** Milliseconds without an event. The slowest resource, a distribution, takes half an hour at most. */
const SILENCE_MS = 2 * 3600_000;

const GOES_ON = 'CloudFormation continues. Run the same command again to follow it.';
const STARTED = 'CloudFormation may have started the operation. Run the same command again to follow it.';

/** Whether an error reports that its operation may be under way. Its last line then advises to run the command again. */
export function mayContinue({ hintLines }: UserError): boolean {
  const last = hintLines.at(-1);
  return last === GOES_ON || last === STARTED;
}

/** Runs a request about an operation under way. A failure or Ctrl-C does not end the operation, and the error says so. */
async function whileFollowing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await resumable(GOES_ON, work);
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    throw error.withHint(GOES_ON);
  }
}

/** Sends the request that starts an operation. If its response is lost, the operation may be under way. */
async function started<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    throw isUserError(error) && error.code === 'unreachable' ? error.withHint(STARTED) : error;
  }
}

async function newEvents(
  { clients, context: { signal } }: StackWork,
  stackId: string,
  belongs: (event: StackEvent) => boolean,
  seen: Set<string>,
): Promise<StackEvent[]> {
  const { DescribeStackEventsCommand } = await import('@aws-sdk/client-cloudformation');
  const fresh: StackEvent[] = [];
  const listed = pages({
    doing: 'Reading the events of the stack',
    signal,
    ask: (NextToken?: string) =>
      clients.cloudformation.send(new DescribeStackEventsCommand({ StackName: stackId, NextToken })),
    next: ({ NextToken }) => NextToken,
  });
  for await (const page of listed) {
    const events = (page.StackEvents ?? []).filter(
      ({ EventId }) => EventId !== undefined && !seen.has(EventId),
    );
    fresh.push(...events.filter(belongs));
    for (const { EventId } of events) if (EventId !== undefined) seen.add(EventId);
    // Events are newest first, so pages after a known event, or after one of an older operation, contain nothing new.
    if (events.length < (page.StackEvents ?? []).length || !events.some(belongs)) break;
  }
  return fresh.reverse();
}

function failure(event: StackEvent): FailedResource | undefined {
  const reason = event.ResourceStatusReason ?? 'no reason given';
  if (!event.ResourceStatus?.endsWith('_FAILED') || CASCADE.test(reason)) return undefined;
  return {
    logicalId: event.LogicalResourceId ?? '',
    resourceType: event.ResourceType ?? '',
    status: event.ResourceStatus,
    reason,
  };
}

/** Number of polls without an event after which a stack counts as idle. */
const STALE_LOOKS = 10;

/**
 * Shows the events of one operation until it ends. The state that CloudFormation reports right after a request can be
 * older than the request, so an operation of ours ends only with its own events.
 * @param token of the request that started the operation; absent: follows the current operation
 */
export async function follow(work: StackWork, stackId: string, token?: string): Promise<Ending> {
  const { ui, signal, now } = work.context;
  const belongs = ({ ClientRequestToken }: StackEvent) => token === undefined || ClientRequestToken === token;
  const seen = new Set<string>();
  let cause: FailedResource | undefined;
  let reported: string | undefined;
  let lastNews = now().getTime();
  for (let looks = 0; ; ) {
    // Read the state before the events, so that no event of the last step is missed.
    const stack = await whileFollowing(() => findStack(work, stackId));
    const events = await whileFollowing(() => newEvents(work, stackId, belongs, seen));
    if (events.length > 0) {
      lastNews = now().getTime();
      looks = 0;
    }
    for (const event of events) {
      ui.event({
        type: 'resource',
        logicalId: event.LogicalResourceId ?? '',
        resourceType: event.ResourceType ?? '',
        status: event.ResourceStatus ?? '',
        ...omitUndefined({ reason: event.ResourceStatusReason }),
        at: event.Timestamp ?? now(),
      });
      if (event.PhysicalResourceId === stackId) reported = event.ResourceStatus;
      else cause ??= failure(event);
    }
    const status = stack?.status ?? 'DELETE_COMPLETE';
    if (!status.endsWith('_IN_PROGRESS')) {
      looks += 1;
      // Somebody else deleted the stack, so the request had no effect.
      const isGone = status === 'DELETE_COMPLETE' && reported === undefined;
      if (token === undefined || status === reported || isGone || looks > STALE_LOOKS) {
        return cause === undefined ? { status } : { status, cause };
      }
    }
    if (now().getTime() - lastNews > SILENCE_MS) {
      throw new UserError(
        'gave_up',
        `CloudFormation has reported nothing about the stack “${work.stackName}” for ${formatDuration(SILENCE_MS)}. It is ${status}.`,
        { hint: GOES_ON },
      );
    }
    await pause(pollInterval(work), signal, GOES_ON);
  }
}

interface Operation {
  /** Name of the task that it is shown as. */
  readonly task: string;
  readonly stackId: string;
  /** States in which it ends if it succeeds. */
  readonly succeeds: readonly string[];
}

/**
 * Starts an operation, and shows it as a task until it ends. Returns how it failed; `undefined` if it succeeded.
 * @param start returns the token of the request; `undefined` to follow an operation under way
 */
export async function runOperation(
  work: StackWork,
  { task, stackId, succeeds }: Operation,
  start: () => Promise<string | undefined>,
): Promise<Ending | undefined> {
  const { ui } = work.context;
  ui.event({ type: 'task-started', task });
  let ending: Ending;
  try {
    ending = await follow(work, stackId, await started(start));
  } catch (error) {
    ui.event(endedBy(error, task));
    throw error;
  }
  if (!succeeds.includes(ending.status)) {
    ui.event({ type: 'task-failed', task, detail: ending.status });
    return ending;
  }
  ui.event({ type: 'task-done', task });
  return undefined;
}

/**
 * Returns the error for a failed operation, with its first cause and the stack's current state.
 * @param remedy What to do once the cause is fixed.
 */
export function operationFailure(
  stackName: string,
  doing: string,
  { status, cause }: Ending,
  remedy: Hint,
): UserError {
  const why =
    cause === undefined
      ? 'CloudFormation gave no reason.'
      : `the ${resourceName(cause.resourceType)} (${cause.logicalId}) ${describeStatus(cause.status)}: ${cause.reason}`;
  const known = cause === undefined ? undefined : failureHint(cause.reason);
  return new UserError(
    'stack_failed',
    `${doing} the stack “${stackName}” failed: ${why} The stack is now ${status}.`,
    { hint: [known ?? [], remedy].flat() },
  );
}
