import { randomUUID } from 'node:crypto';
import { AwsError } from '../../wire/errors.ts';
import { STACK_TYPE } from '../engine/work.ts';
import type { EventRecord, OnFailure, OperationRecord, Source, StackRecord } from '../stack/model.ts';
import { stackArn } from '../template/scope.ts';
import type { OperationContext } from './context.ts';

const NO_SOURCE: Source = { template: '{}', parameters: {}, tags: {}, capabilities: [] };

export interface OperationOptions {
  readonly onFailure: OnFailure;
  readonly token?: string;
}

function stackEvent(
  stack: StackRecord,
  status: string,
  at: string,
  reason: string,
  token?: string,
): EventRecord {
  const event = {
    id: randomUUID(),
    at,
    logicalId: stack.name,
    physicalId: stack.id,
    type: STACK_TYPE,
    status,
    reason,
  };
  return token === undefined ? event : { ...event, token };
}

/** A stack that holds nothing but change sets so far. */
export function blankStack(name: string, { now }: OperationContext): StackRecord {
  const stack: StackRecord = {
    id: stackArn(name),
    name,
    status: 'REVIEW_IN_PROGRESS',
    statusReason: 'User Initiated',
    created: now().toISOString(),
    source: NO_SOURCE,
    outputs: [],
    resources: {},
    superseded: [],
    changeSets: [],
    events: [],
  };
  return { ...stack, events: [stackEvent(stack, stack.status, stack.created, 'User Initiated')] };
}

const UPDATABLE = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'IMPORT_COMPLETE'];

export function refuseUnlessUpdatable({ id, status }: StackRecord): void {
  if (UPDATABLE.includes(status)) return;
  throw new AwsError('ValidationError', `Stack:${id} is in ${status} state and can not be updated.`);
}

function begin(
  stack: StackRecord,
  status: string,
  operation: OperationRecord,
  { store, engine, now }: OperationContext,
): void {
  const { statusReason: _old, ...rest } = stack;
  const event = stackEvent(stack, status, now().toISOString(), 'User Initiated', operation.token);
  store.put({ ...rest, status, statusReason: 'User Initiated', operation, events: [...stack.events, event] });
  engine.start(stack.id);
}

export function beginCreate(
  stack: StackRecord,
  target: Source,
  options: OperationOptions,
  context: OperationContext,
): void {
  const operation: OperationRecord = { kind: 'create', target, done: [], retain: [], ...options };
  begin({ ...stack, source: target }, 'CREATE_IN_PROGRESS', operation, context);
}

export function beginUpdate(
  stack: StackRecord,
  target: Source,
  options: OperationOptions,
  context: OperationContext,
): void {
  refuseUnlessUpdatable(stack);
  const before = { source: stack.source, resources: stack.resources };
  const operation: OperationRecord = { kind: 'update', target, before, done: [], retain: [], ...options };
  begin(stack, 'UPDATE_IN_PROGRESS', operation, context);
}

export function beginDelete(
  stack: StackRecord,
  retain: readonly string[],
  token: string | undefined,
  context: OperationContext,
): void {
  const operation: OperationRecord = {
    kind: 'delete',
    onFailure: 'DO_NOTHING',
    done: [],
    retain,
    ...(token === undefined ? {} : { token }),
  };
  begin(stack, 'DELETE_IN_PROGRESS', operation, context);
}

/** Goes on with the undoing of an update that got stuck. */
export function beginContinueRollback(
  stack: StackRecord,
  token: string | undefined,
  context: OperationContext,
): void {
  const { operation } = stack;
  if (stack.status !== 'UPDATE_ROLLBACK_FAILED' || operation === undefined) {
    throw new AwsError(
      'ValidationError',
      `Stack:${stack.id} is in ${stack.status} state and can not continue update rollback.`,
    );
  }
  begin(
    stack,
    'UPDATE_ROLLBACK_IN_PROGRESS',
    token === undefined ? operation : { ...operation, token },
    context,
  );
}
