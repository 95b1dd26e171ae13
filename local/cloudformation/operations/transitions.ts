import { randomUUID } from 'node:crypto';
import { omitUndefined } from '../../../protocol/fields.ts';
import { arnOf } from '../../account.ts';
import { AwsError } from '../../wire/errors.ts';
import { later, stackEvent } from '../engine/work.ts';
import { validationError } from '../errors.ts';
import type {
  Before,
  ChangeSetRecord,
  OnFailure,
  OperationRecord,
  StackRecord,
  TemplateSource,
} from '../stack/model.ts';
import type { OperationContext } from './operation.ts';

const NO_SOURCE: TemplateSource = { template: '{}', parameters: {}, tags: {}, capabilities: [] };

/** A request that starts an operation. The stack records the last one. */
export interface Request {
  readonly action: string;
  readonly token: string | undefined;
}

export interface BeginOptions {
  readonly request: Request;
  readonly onFailure: OnFailure;
  readonly retainExceptOnCreate: boolean;
  readonly policyDuringUpdate?: string | undefined;
}

/**
 * Whether a request repeats the stack's last one, because the client did not receive the response.
 * @throws AwsError `TokenAlreadyExistsException` if another action had the token
 */
export function isRepeated({ lastRequest: last }: StackRecord, { action, token }: Request): boolean {
  if (token === undefined || last?.token !== token) return false;
  if (last.action === action) return true;
  throw new AwsError(
    'TokenAlreadyExistsException',
    `The token ${token} was already used to request ${last.action}`,
  );
}

/** Returns a stack without resources. */
export function blankStack(name: string, { now }: OperationContext): StackRecord {
  return {
    id: arnOf('cloudformation', `stack/${name}/${randomUUID()}`),
    name,
    status: 'REVIEW_IN_PROGRESS',
    created: now().toISOString(),
    terminationProtection: false,
    source: NO_SOURCE,
    outputs: [],
    resources: {},
    superseded: [],
    changeSets: [],
    events: [],
  };
}

/** Returns a stack that waits for the execution of one of its change sets. */
export function reviewedStack(name: string, context: OperationContext): StackRecord {
  const stack = blankStack(name, context);
  const event = stackEvent(stack, stack.status, 'User Initiated', { at: stack.created });
  return { ...stack, statusReason: 'User Initiated', events: [event] };
}

const UPDATABLE = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'];

/**
 * Refuses the update of a stack whose state does not allow it. A failed operation whose results were preserved can be
 * resumed: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
 */
export function refuseUnlessUpdatable({ id, status, onFailure }: StackRecord, preserving: boolean): void {
  if (UPDATABLE.includes(status)) return;
  if (status !== 'CREATE_FAILED' && status !== 'UPDATE_FAILED') throw notInState(id, status, 'be updated');
  if (status === 'CREATE_FAILED' && onFailure === 'DO_NOTHING') {
    throw validationError(
      `This stack cannot be updated from [${status}] state because it contains [on-failure: DO_NOTHING]. Please use disable-rollback option instead during stack creation.`,
    );
  }
  if (preserving) return;
  throw validationError(
    `This stack is currently in a non-terminal [${status}] state. To update the stack from this state, please use the disable-rollback parameter with update-stack API. To rollback to the last known good state, use the rollback-stack API`,
  );
}

/**
 * Returns the change sets of a stack after another change, which makes them obsolete.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html, ExecutionStatus
 */
export function outdated(changeSets: readonly ChangeSetRecord[]): ChangeSetRecord[] {
  return changeSets
    .filter(({ executionStatus }) => !executionStatus.startsWith('EXECUTE_'))
    .map((one) => (one.executionStatus === 'AVAILABLE' ? { ...one, executionStatus: 'OBSOLETE' } : one));
}

const notInState = (id: string, status: string, what: string) =>
  validationError(`Stack:${id} is in ${status} state and can not ${what}.`);

/** An operation without the members that every operation has. */
type Started = OperationRecord extends infer O
  ? O extends OperationRecord
    ? Omit<O, 'id' | 'token' | 'progress' | 'retainExceptOnCreate'>
    : never
  : never;

function begin(
  stack: StackRecord,
  status: string,
  started: Started,
  {
    request,
    retainExceptOnCreate = false,
  }: Pick<Partial<BeginOptions>, 'retainExceptOnCreate'> & { request: Request },
  { store, engine, now }: OperationContext,
): void {
  const { action, token } = request;
  const at = later(stack.events.at(-1)?.at, now().toISOString());
  const event = stackEvent(stack, status, 'User Initiated', { at, token });
  const common = { id: randomUUID(), retainExceptOnCreate, progress: {}, ...omitUndefined({ token }) };
  store.put({
    ...stack,
    status,
    statusReason: 'User Initiated',
    operation: { ...started, ...common },
    lastRequest: token === undefined ? undefined : { action, token },
    events: [...stack.events, event],
  });
  engine.start(stack.id);
}

export function beginCreate(
  stack: StackRecord,
  target: TemplateSource,
  options: BeginOptions,
  context: OperationContext,
): void {
  const { onFailure } = options;
  const created = { ...stack, source: target };
  begin(created, 'CREATE_IN_PROGRESS', { kind: 'create', target, onFailure }, options, context);
}

/** Returns the state that a failed update restores: the last one without an operation. */
function beforeOf({ status, operation, source, resources }: StackRecord): Before | undefined {
  if (status === 'CREATE_FAILED') return undefined;
  if (status !== 'UPDATE_FAILED') return { source, resources };
  return operation?.kind === 'update' ? operation.before : undefined;
}

export function beginUpdate(
  stack: StackRecord,
  target: TemplateSource,
  options: BeginOptions,
  context: OperationContext,
): void {
  const before = beforeOf(stack);
  const { policyDuringUpdate } = options;
  const onFailure = options.onFailure === 'DO_NOTHING' ? 'DO_NOTHING' : 'ROLLBACK';
  const update = {
    kind: 'update',
    target,
    onFailure,
    ...omitUndefined({ before, policyDuringUpdate }),
  } as const;
  begin(stack, 'UPDATE_IN_PROGRESS', update, options, context);
}

export function beginDelete(
  stack: StackRecord,
  retain: readonly string[],
  request: Request,
  context: OperationContext,
): void {
  begin(stack, 'DELETE_IN_PROGRESS', { kind: 'delete', retain }, { request }, context);
}

/** Resumes a failed rollback of an update, without the resources in `skip`. */
export function beginContinueRollback(
  stack: StackRecord,
  skip: readonly string[],
  request: Request,
  context: OperationContext,
): void {
  const { id, status, operation } = stack;
  if (status !== 'UPDATE_ROLLBACK_FAILED' || operation?.kind !== 'undo-update') {
    throw notInState(id, status, 'continue update rollback');
  }
  const { before, retainExceptOnCreate } = operation;
  const how = { request, retainExceptOnCreate };
  begin(stack, 'UPDATE_ROLLBACK_IN_PROGRESS', { kind: 'undo-update', before, skip }, how, context);
}

/** Rolls back a failed operation whose results were preserved. */
export function beginRollback(
  stack: StackRecord,
  retainExceptOnCreate: boolean,
  request: Request,
  context: OperationContext,
): void {
  const { id, status, operation } = stack;
  if (status !== 'CREATE_FAILED' && status !== 'UPDATE_FAILED') {
    throw notInState(id, status, 'be rolled back');
  }
  const before = operation?.kind === 'update' ? operation.before : undefined;
  const how = { request, retainExceptOnCreate };
  if (before === undefined) {
    begin(stack, 'ROLLBACK_IN_PROGRESS', { kind: 'undo-create', ending: 'ROLLBACK' }, how, context);
  } else {
    begin(stack, 'UPDATE_ROLLBACK_IN_PROGRESS', { kind: 'undo-update', before, skip: [] }, how, context);
  }
}
