import { randomUUID } from 'node:crypto';
import { table } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { sameCommand } from '../../same-command.ts';
import { count } from '../../ui/format.ts';
import { ifThere, onAws } from '../aws-calls.ts';
import {
  countUsers,
  type FoundStack,
  findStack,
  isIdle,
  physicalIds,
  type StackWork,
  stackResources,
} from '../find-stack.ts';
import { deleteStack } from './destroy.ts';
import { follow, operationFailure, runOperation } from './follow.ts';
import { POOL } from './inventory.ts';

/** States of a failed creation. Such a stack can only be deleted. */
const FAILED_CREATION = ['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'CREATE_FAILED'];

/** States of an update that stopped halfway, with the operation that rolls it back. */
const STUCK_UPDATE = table<'ContinueUpdateRollback' | 'RollbackStack'>({
  UPDATE_ROLLBACK_FAILED: 'ContinueUpdateRollback',
  UPDATE_FAILED: 'RollbackStack',
});

const ROLLED_BACK = ['ROLLBACK_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'IMPORT_ROLLBACK_COMPLETE'];

interface SettleOptions {
  /** Refuses to roll back or delete. */
  readonly dryRun?: boolean;
}

/**
 * Returns a stack once an operation can start on it; `undefined` if none is left. Waits for running operations, deletes the remains
 * of a failed creation, and rolls back stuck updates.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes
 */
export async function settledStack(
  work: StackWork,
  stack: FoundStack,
  { dryRun = false }: SettleOptions = {},
): Promise<FoundStack | undefined> {
  if (isIdle(stack)) return stack;
  const { status, id } = stack;
  const { ui } = work.context;
  if (dryRun && (FAILED_CREATION.includes(status) || STUCK_UPDATE[status] !== undefined)) {
    throw new UserError(
      'stack_failed',
      `The stack “${work.stackName}” is ${status}. The change can be planned only after a rollback. Nothing was changed.`,
      {
        hint: [
          'Deploy again. This rolls the stack back, and asks before it changes more:',
          command`edge-upload deploy`,
        ],
      },
    );
  }
  if (status.endsWith('_IN_PROGRESS')) {
    ui.event({
      type: 'note',
      text: `The stack ${work.stackName} is busy (${status}); waiting until it is done.`,
    });
    await follow(work, id);
    return settledAgain(work, { dryRun });
  }
  if (FAILED_CREATION.includes(status)) {
    ui.event({
      type: 'note',
      text: `An earlier creation of ${work.stackName} failed (${status}); its remaining resources are deleted first.`,
    });
    await refuseUsers(work, stack);
    await removeRemains(work, stack);
    return undefined;
  }
  const way = STUCK_UPDATE[status];
  if (way !== undefined) {
    ui.event({
      type: 'note',
      text: `An earlier update of ${work.stackName} got stuck (${status}); it is rolled back first.`,
    });
    await rollBack(work, stack, way);
    return settledAgain(work);
  }
  throw new UserError(
    'stack_failed',
    `The stack “${work.stackName}” cannot be updated: it is ${status}${stack.reason === undefined ? '' : ` (${stack.reason})`}.`,
    {
      hint:
        status === 'DELETE_FAILED'
          ? ['It is partly deleted. Finish the deletion, then deploy again:', command`edge-upload destroy`]
          : 'See the stack in the CloudFormation console, then deploy again.',
    },
  );
}

async function settledAgain(work: StackWork, options?: SettleOptions): Promise<FoundStack | undefined> {
  const stack = await findStack(work);
  return stack === undefined ? undefined : settledStack(work, stack, options);
}

/**
 * Refuses to delete users, because only `destroy` asks before. Objects need no check: CloudFormation deletes only empty
 * buckets.
 * @throws {UserError} `stack_failed`
 */
async function refuseUsers(work: StackWork, { id, status }: FoundStack): Promise<void> {
  for (const pool of physicalIds(await stackResources(work, id), POOL)) {
    const users = (await ifThere(() => countUsers(work, pool))) ?? 0;
    if (users === 0) continue;
    throw new UserError(
      'stack_failed',
      `An earlier creation of the stack “${work.stackName}” failed (${status}), and its user pool ${pool} has ${count(users, 'user')}. Nothing was changed.`,
      { hint: ['Delete the stack with its users, then deploy again:', command`edge-upload destroy`] },
    );
  }
}

async function removeRemains(work: StackWork, stack: FoundStack): Promise<void> {
  const failed = await deleteStack(work, stack);
  if (failed === undefined) return;
  throw operationFailure(work.stackName, 'Removing the remains of', failed, [
    'Delete them, then deploy again:',
    command`edge-upload destroy`,
  ]);
}

async function rollBack(
  work: StackWork,
  { id }: FoundStack,
  way: 'ContinueUpdateRollback' | 'RollbackStack',
): Promise<void> {
  const { ContinueUpdateRollbackCommand, RollbackStackCommand } = await import(
    '@aws-sdk/client-cloudformation'
  );
  const task = `Rolling back the stack ${work.stackName}`;
  const request = { StackName: id, ClientRequestToken: `edge-upload-${randomUUID()}` };
  const failed = await runOperation(work, { task, stackId: id, succeeds: ROLLED_BACK }, async () => {
    await onAws(task, async () => {
      if (way === 'RollbackStack') await work.clients.cloudformation.send(new RollbackStackCommand(request));
      else await work.clients.cloudformation.send(new ContinueUpdateRollbackCommand(request));
    });
    return request.ClientRequestToken;
  });
  if (failed === undefined) return;
  throw operationFailure(work.stackName, 'Rolling back', failed, [
    'Fix the cause, or skip the resource in the CloudFormation console (“Continue update rollback”). Then run again:',
    sameCommand``,
  ]);
}
