import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Faults } from '../../faults.ts';
import type { ResourceHandler } from '../../resource.ts';
import { AwsError } from '../../wire/errors.ts';
import type { OperationRecord, ResourceRecord, StackRecord } from '../stack/model.ts';
import type { StackStore } from '../stack/store.ts';

export interface EngineOptions {
  readonly store: StackStore;
  readonly handlers: ReadonlyMap<string, ResourceHandler>;
  readonly now: () => Date;
  readonly faults: Faults;
}

export const STACK_TYPE = 'AWS::CloudFormation::Stack';

/** One stack under change. Every step is written down before it is taken, so that a killed process can go on. */
export class StackWork {
  readonly #options: EngineOptions;
  readonly id: string;

  constructor(options: EngineOptions, id: string) {
    this.#options = options;
    this.id = id;
  }

  get stack(): StackRecord {
    return this.#options.store.get(this.id);
  }

  get operation(): OperationRecord {
    const { operation } = this.stack;
    if (operation === undefined) throw new Error(`no operation is under way in ${this.id}`);
    return operation;
  }

  at(): string {
    return this.#options.now().toISOString();
  }

  change(change: Partial<StackRecord>): void {
    this.#options.store.put({ ...this.stack, ...change });
  }

  changeOperation(change: Partial<OperationRecord>): void {
    this.change({ operation: { ...this.operation, ...change } });
  }

  /** Ends the operation: the stack has come to rest. */
  rest(status: string, reason?: string, more: Partial<StackRecord> = {}): void {
    this.status(status, reason, more);
    const { operation: _ended, ...stack } = this.stack;
    this.#options.store.put(stack);
  }

  /** A new state of the stack, with its event. */
  status(status: string, reason?: string, more: Partial<StackRecord> = {}): void {
    const { statusReason: _old, ...stack } = this.stack;
    const event = this.#event(stack.name, STACK_TYPE, status, reason, this.id);
    this.#options.store.put({
      ...stack,
      ...more,
      status,
      ...(reason === undefined ? {} : { statusReason: reason }),
      events: [...stack.events, event],
    });
  }

  /** A new state of a resource, with its event. `undefined` takes the resource out of the stack. */
  resource(logicalId: string, record: ResourceRecord, reason?: string): void {
    const { stack } = this;
    const { reason: _old, ...kept } = record;
    const next: ResourceRecord = { ...kept, at: this.at(), ...(reason === undefined ? {} : { reason }) };
    const event = this.#event(logicalId, record.type, record.status, reason, record.physicalId);
    this.change({ resources: { ...stack.resources, [logicalId]: next }, events: [...stack.events, event] });
  }

  /** An event of something that is no longer, or not any more, one of the stack's resources. */
  told(logicalId: string, { type, physicalId }: ResourceRecord, status: string, reason?: string): void {
    const event = this.#event(logicalId, type, status, reason, physicalId);
    this.change({ events: [...this.stack.events, event] });
  }

  #event(logicalId: string, type: string, status: string, reason?: string, physicalId?: string) {
    const token = this.stack.operation?.token;
    return {
      id: randomUUID(),
      at: this.at(),
      logicalId,
      type,
      status,
      ...(reason === undefined ? {} : { reason }),
      ...(physicalId === undefined ? {} : { physicalId }),
      ...(token === undefined ? {} : { token }),
    };
  }

  done(logicalId: string): void {
    this.changeOperation({ done: [...this.operation.done, logicalId] });
  }

  handler(type: string): ResourceHandler {
    const handler = this.#options.handlers.get(type);
    if (handler === undefined)
      throw new AwsError('ValidationError', `Template format error: Unrecognized resource types: [${type}]`);
    return handler;
  }

  /** What tests have happen to a resource before its handler is called. */
  async fault(logicalId: string): Promise<void> {
    const { resourceDelayMs = 0, failingResources = {} } = this.#options.faults;
    if (resourceDelayMs > 0) await delay(resourceDelayMs);
    const reason = failingResources[logicalId];
    if (reason !== undefined) throw new AwsError('GeneralServiceException', reason);
  }
}

/** A handler's refusal as the reason of an event. */
export function reasonOf(error: unknown): string {
  if (error instanceof AwsError)
    return `Resource handler returned message: "${error.message}" (HandlerErrorCode: ${error.code})`;
  throw error;
}
