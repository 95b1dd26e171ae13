import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { omitUndefined } from '../../../protocol/fields.ts';
import type { FailingResource, Faults } from '../../faults.ts';
import { own } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { AwsError, asRefusal } from '../../wire/errors.ts';
import { validationError } from '../errors.ts';
import { type Actual, actualOf } from '../stack/drift.ts';
import type {
  ChangeSetRecord,
  EventRecord,
  OperationRecord,
  ResourceRecord,
  StackRecord,
} from '../stack/model.ts';
import { denialByPolicy, type UpdateAction } from '../stack/policy.ts';
import type { StackStore } from '../stack/store.ts';

export interface EngineOptions {
  readonly store: StackStore;
  readonly handlers: ReadonlyMap<string, ResourceHandler>;
  readonly now: () => Date;
  readonly faults: Faults;
  /** Called with defects: those of the engine, and errors of a handler that are not refusals. */
  readonly onDefect: (error: unknown) => void;
}

const STACK_TYPE = 'AWS::CloudFormation::Stack';

/** The content of an event. */
export interface EventContent {
  readonly logicalId: string;
  readonly type: string;
  readonly status: string;
  readonly physicalId?: string | undefined;
  readonly reason?: string | undefined;
}

/** Returns the event of a new state of a stack itself. */
export function stackEvent(
  { id, name }: StackRecord,
  status: string,
  reason: string | undefined,
  at: { readonly at: string; readonly token?: string | undefined },
): EventRecord {
  return eventOf({ logicalId: name, type: STACK_TYPE, status, physicalId: id, reason }, at);
}

/** Returns the time of an event: now, or just after the last event, so that sorting by time keeps the order. */
export function later(last: string | undefined, now: string): string {
  return last === undefined || last < now ? now : new Date(Date.parse(last) + 1).toISOString();
}

function eventOf(
  { logicalId, type, status, physicalId, reason }: EventContent,
  { at, token }: { readonly at: string; readonly token?: string | undefined },
): EventRecord {
  return {
    id: randomUUID(),
    at,
    logicalId,
    type,
    status,
    ...omitUndefined({ physicalId, reason, token }),
  };
}

/** One running operation of a stack. Every step is recorded first, so that a killed process can resume. */
export class StackWork {
  readonly #options: EngineOptions;
  readonly #id: string;
  readonly #operationId: string;

  constructor(options: EngineOptions, id: string, operation: OperationRecord) {
    this.#options = options;
    this.#id = id;
    this.#operationId = operation.id;
  }

  get stack(): StackRecord {
    return this.#options.store.require(this.#id);
  }

  at(): string {
    return this.#options.now().toISOString();
  }

  /** Writes a change of the stack together with its events. */
  record(change: Partial<StackRecord>, ...contents: readonly EventContent[]): void {
    const { stack } = this;
    const token = stack.operation?.token;
    const events = [...stack.events];
    for (const one of contents) events.push(eventOf(one, { at: later(events.at(-1)?.at, this.at()), token }));
    this.#options.store.put({ ...stack, ...change, events });
  }

  /** Writes a new state of the stack together with other changes. */
  status(status: string, reason: string | undefined, change: Partial<StackRecord>): void {
    const { stack } = this;
    const content = { logicalId: stack.name, type: STACK_TYPE, status, physicalId: stack.id, reason };
    const changeSets = status.endsWith('_IN_PROGRESS')
      ? stack.changeSets
      : executed(stack.changeSets, status);
    this.record({ changeSets, ...change, status, statusReason: reason }, content);
  }

  /** Ends the operation. */
  end(status: string, reason?: string, change: Partial<StackRecord> = {}): void {
    this.status(status, reason, { ...change, operation: undefined });
  }

  /** Writes a new state of a resource with its events. `progress` counts it for the current phase. */
  resource(
    logicalId: string,
    record: ResourceRecord,
    { reason, progress, before = [] }: ResourceNews = {},
  ): void {
    const { reason: _old, ...kept } = record;
    const next: ResourceRecord = { ...kept, at: this.at(), ...omitUndefined({ reason }) };
    const { type, status, physicalId } = record;
    this.record(
      {
        resources: { ...this.stack.resources, [logicalId]: next },
        ...(progress === undefined ? {} : this.progress(logicalId, progress)),
      },
      ...before,
      { logicalId, type, status, physicalId, reason },
    );
  }

  /** Returns the change that counts a resource as done or failed in the current phase. */
  progress(logicalId: string, progress: 'done' | 'failed'): Partial<StackRecord> {
    const { operation } = this.stack;
    if (operation === undefined || this.isInterrupted) return {};
    return { operation: { ...operation, progress: { ...operation.progress, [logicalId]: progress } } };
  }

  /** Returns the result of the current phase for a resource. */
  progressOf(logicalId: string): 'done' | 'failed' | undefined {
    return own(this.stack.operation?.progress ?? {}, logicalId);
  }

  /** The resources that failed in the current phase. */
  get failed(): string[] {
    const progress = Object.entries(this.stack.operation?.progress ?? {});
    return progress.filter(([, how]) => how === 'failed').map(([logicalId]) => logicalId);
  }

  /** Whether another request has started an operation of this stack. */
  get isInterrupted(): boolean {
    return this.stack.operation?.id !== this.#operationId;
  }

  /** Returns why the stack's policy denies an action of an update; `undefined` if it allows the action. */
  denial(action: UpdateAction, logicalId: string, type: string): string | undefined {
    const { operation, policy } = this.stack;
    if (operation?.kind !== 'update') return undefined;
    return denialByPolicy(operation.policyDuringUpdate ?? policy, action, { logicalId, type });
  }

  /** Returns the actual properties of a resource. */
  actual(record: ResourceRecord): Actual {
    return actualOf(record, this.#options.handlers);
  }

  handler(type: string): ResourceHandler {
    const handler = this.#options.handlers.get(type);
    if (handler !== undefined) return handler;
    throw validationError(`Template format error: Unrecognized resource types: [${type}]`);
  }

  /**
   * Calls a handler. Errors that are not refusals are defects and fail the resource with `InternalFailure`.
   * @throws AwsError
   */
  async call<T>(ask: () => Promise<T>): Promise<T> {
    const { resourceDelayMs = 0 } = this.#options.faults;
    if (resourceDelayMs > 0) await delay(resourceDelayMs);
    try {
      return await ask();
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal !== undefined) throw refusal;
      this.#options.onDefect(error);
      throw new AwsError('InternalFailure', 'Internal Failure', 500);
    }
  }

  /** @throws AwsError if a fault of the tests fails this operation of the resource */
  meetFault(logicalId: string, operation: keyof FailingResource): void {
    const fault = own(this.#options.faults.failingResources ?? {}, logicalId);
    const reasons = typeof fault === 'string' ? { create: fault, update: fault } : fault;
    const reason = reasons?.[operation];
    if (reason !== undefined) throw new AwsError('GeneralServiceException', reason);
  }
}

interface ResourceNews {
  readonly reason?: string | undefined;
  readonly progress?: 'done' | 'failed';
  /** Events that come first. */
  readonly before?: readonly EventContent[];
}

/**
 * Returns the change sets after an operation: only the executed one remains.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
 */
function executed(changeSets: readonly ChangeSetRecord[], status: string): readonly ChangeSetRecord[] {
  const executing = changeSets.filter(({ executionStatus }) => executionStatus === 'EXECUTE_IN_PROGRESS');
  if (executing.length === 0) return changeSets;
  const complete = status === 'CREATE_COMPLETE' || status === 'UPDATE_COMPLETE';
  const executionStatus = complete ? 'EXECUTE_COMPLETE' : 'EXECUTE_FAILED';
  return executing.map((changeSet) => ({ ...changeSet, executionStatus }));
}
