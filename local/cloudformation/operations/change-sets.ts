import { randomUUID } from 'node:crypto';
import { omitUndefined } from '../../../protocol/fields.ts';
import { arnOf } from '../../account.ts';
import { flag, oneOf, required, text, withDefault } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import { validationError } from '../errors.ts';
import type { ChangeSetRecord, StackRecord } from '../stack/model.ts';
import { planChanges } from '../stack/plan.ts';
import { BY_CREATION, type OperationContext, operation, page, paged } from './operation.ts';
import { deploymentConfig, newName, onFailure, requestFields, sourceFields } from './parameters.ts';
import { changeSetSummary, changeXml, parametersXml, tagsXml } from './responses.ts';
import { readSource } from './source.ts';
import {
  beginCreate,
  beginUpdate,
  isRepeated,
  outdated,
  refuseUnlessUpdatable,
  reviewedStack,
} from './transitions.ts';

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

interface Found {
  readonly stack: StackRecord;
  readonly changeSet: ChangeSetRecord;
}

/** A change set is named by its ARN, or by its name and its stack's name. */
export const changeSetName = text({ max: 1600, pattern: /[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/]*/ });
const changeSetFields = { ChangeSetName: required(changeSetName), StackName: text() };

interface ChangeSetInput {
  readonly ChangeSetName: string;
  readonly StackName: string | undefined;
}

function find({ ChangeSetName, StackName }: ChangeSetInput, { store }: OperationContext): Found | undefined {
  if (StackName === undefined && !ChangeSetName.startsWith('arn:')) {
    throw validationError('StackName must be specified if ChangeSetName is not specified as an ARN.');
  }
  const stacks = StackName === undefined ? store.all() : [store.require(StackName, 'in brackets')];
  for (const stack of stacks) {
    const changeSet = stack.changeSets.find(({ id, name }) => id === ChangeSetName || name === ChangeSetName);
    if (changeSet !== undefined) return { stack, changeSet };
  }
  return undefined;
}

/** @throws AwsError `ChangeSetNotFound` */
export function requireChangeSet(input: ChangeSetInput, context: OperationContext): Found {
  const found = find(input, context);
  if (found !== undefined) return found;
  throw new AwsError('ChangeSetNotFound', `ChangeSet [${input.ChangeSetName}] does not exist`, 404);
}

/** Returns the stack that a change set is for. A change set of type CREATE is for a stack that has only change sets. */
function stackFor(
  stackName: string,
  context: OperationContext,
  type: ChangeSetRecord['type'],
  changeSetName: string,
): StackRecord {
  if (type === 'UPDATE') {
    const stack = context.store.require(stackName, 'in brackets');
    refuseUnlessUpdatable(stack, true);
    return stack;
  }
  const existing = context.store.find(stackName);
  if (existing === undefined) return reviewedStack(stackName, context);
  if (existing.status === 'REVIEW_IN_PROGRESS') return existing;
  throw validationError(
    `Stack [${existing.name}] already exists and cannot be created again with the changeSet [${changeSetName}].`,
  );
}

export const changeSets = {
  CreateChangeSet: operation(
    {
      ...sourceFields,
      StackName: required(text()),
      ChangeSetName: required(newName),
      ChangeSetType: withDefault(oneOf(['CREATE', 'UPDATE']), 'UPDATE'),
      Description: text({ max: 1024 }),
      ClientToken: text({ max: 128 }),
      OnStackFailure: onFailure,
      DeploymentConfig: deploymentConfig,
      ImportExistingResources: withDefault(flag(), false),
      DeploymentMode: oneOf(['REVERT_DRIFT']),
      // There are no nested stacks.
      IncludeNestedStacks: flag(),
    },
    async (context, input) => {
      const { StackName, ChangeSetName: name, ChangeSetType: type, ClientToken: clientToken } = input;
      if (input.OnStackFailure === 'DELETE' && type !== 'CREATE') {
        throw validationError('OnStackFailure DELETE is only valid when the ChangeSetType is CREATE.');
      }
      const sourceFor = await readSource(input, context);
      const stack = stackFor(StackName, context, type, name);
      const existing = stack.changeSets.find((known) => known.name === name);
      if (existing !== undefined && clientToken !== undefined && existing.clientToken === clientToken) {
        return { Id: existing.id, StackId: stack.id };
      }
      if (existing !== undefined) {
        throw new AwsError('AlreadyExistsException', `ChangeSet ${name} already exists`);
      }
      const source = {
        ...sourceFor(type === 'UPDATE' ? stack.source : undefined),
        ...(input.ImportExistingResources && { importsExisting: true }),
        ...(input.DeploymentMode !== undefined && { revertsDrift: true }),
      };
      const { changes, changesNothing } = planChanges(stack, source, context.handlers);
      const isEmpty = type === 'UPDATE' && changesNothing && !stack.status.endsWith('_FAILED');
      const id = arnOf('cloudformation', `changeSet/${name}/${randomUUID()}`);
      const changeSet: ChangeSetRecord = {
        id,
        name,
        type,
        created: context.now().toISOString(),
        source,
        changes,
        ...omitUndefined({ description: input.Description, clientToken, onFailure: input.OnStackFailure }),
        ...(isEmpty
          ? { status: 'FAILED', statusReason: NO_CHANGES, executionStatus: 'UNAVAILABLE' }
          : { status: 'CREATE_COMPLETE', executionStatus: 'AVAILABLE' }),
      };
      context.store.put({ ...stack, changeSets: [...stack.changeSets, changeSet] });
      return { Id: id, StackId: stack.id };
    },
  ),
  DescribeChangeSet: operation(
    { ...changeSetFields, IncludePropertyValues: withDefault(flag(), false), ...paged },
    (context, { IncludePropertyValues: withValues, NextToken, ...input }) => {
      const { stack, changeSet } = requireChangeSet(input, context);
      const { items, ...next } = page(changeSet.changes, NextToken);
      const { source, onFailure: OnStackFailure } = changeSet;
      return {
        ...changeSetSummary(stack, changeSet),
        OnStackFailure,
        DeploymentMode: source.revertsDrift ? 'REVERT_DRIFT' : undefined,
        Parameters: parametersXml(source),
        Tags: tagsXml(source),
        NotificationARNs: [],
        Capabilities: source.capabilities,
        Changes: items.map((change) => changeXml(change, withValues)),
        ...next,
      };
    },
  ),
  ListChangeSets: operation(
    { StackName: required(text()), ...paged },
    ({ store }, { StackName, NextToken }) => {
      const stack = store.require(StackName, 'in brackets');
      const { items, ...next } = page(stack.changeSets, NextToken, BY_CREATION);
      return { Summaries: items.map((changeSet) => changeSetSummary(stack, changeSet)), ...next };
    },
  ),
  /** Succeeds for a change set that does not exist, if its stack does. */
  DeleteChangeSet: operation(changeSetFields, (context, input) => {
    const { stack, changeSet } = find(input, context) ?? {};
    if (stack === undefined || changeSet === undefined) return undefined;
    if (changeSet.executionStatus === 'EXECUTE_IN_PROGRESS') {
      throw new AwsError(
        'InvalidChangeSetStatus',
        `ChangeSet [${changeSet.id}] cannot be deleted in its current execution status of [EXECUTE_IN_PROGRESS]`,
      );
    }
    context.store.put({ ...stack, changeSets: stack.changeSets.filter(({ id }) => id !== changeSet.id) });
  }),
  ExecuteChangeSet: operation(
    {
      ...changeSetFields,
      ...requestFields,
      DisableRollback: flag(),
      RetainExceptOnCreate: withDefault(flag(), false),
    },
    (context, input) => {
      const { stack, changeSet } = requireChangeSet(input, context);
      const request = { action: 'ExecuteChangeSet', token: input.ClientRequestToken };
      if (isRepeated(stack, request)) return undefined;
      const { id, name, type, source, status, executionStatus, onFailure: onStackFailure } = changeSet;
      if (executionStatus !== 'AVAILABLE') {
        const why =
          status === 'FAILED' ? `status of [${status}]` : `execution status of [${executionStatus}]`;
        throw new AwsError(
          'InvalidChangeSetStatus',
          `ChangeSet [${id}] cannot be executed in its current ${why}`,
        );
      }
      if (onStackFailure !== undefined && input.DisableRollback !== undefined) {
        throw validationError(
          `DisableRollback cannot be specified: the change set [${name}] was created with OnStackFailure.`,
        );
      }
      const options = {
        request,
        onFailure: onStackFailure ?? (input.DisableRollback === true ? 'DO_NOTHING' : 'ROLLBACK'),
        retainExceptOnCreate: input.RetainExceptOnCreate,
      } as const;
      const executing: ChangeSetRecord = { ...changeSet, executionStatus: 'EXECUTE_IN_PROGRESS' };
      const others = stack.changeSets.filter((other) => other.id !== id);
      const executed: StackRecord = { ...stack, changeSets: [...outdated(others), executing] };
      if (type === 'CREATE') {
        beginCreate(executed, source, options, context);
      } else {
        refuseUnlessUpdatable(stack, options.onFailure === 'DO_NOTHING');
        beginUpdate(executed, source, options, context);
      }
    },
  ),
};
