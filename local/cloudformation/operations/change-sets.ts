import { randomUUID } from 'node:crypto';
import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import { ACCOUNT_ID, REGION } from '../../account.ts';
import type { JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { type ChangeSetRecord, own, type StackRecord } from '../stack/model.ts';
import { planChanges } from '../stack/plan.ts';
import { choice, flag, optionalText, requiredText } from '../wire/query.ts';
import { changeSetSummary, changeXml, parametersXml, tagsXml } from './answers.ts';
import { type Operation, type OperationContext, page } from './context.ts';
import { MODE_PARAMETERS, refuseOtherModes } from './deployment-mode.ts';
import { isRepeated, requestOf } from './requests.ts';
import { newName, onFailure, readSource, SOURCE_PARAMETERS } from './source.ts';
import { beginCreate, beginUpdate, outdated, refuseUnlessUpdatable, reviewedStack } from './transitions.ts';

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

interface Found {
  readonly stack: StackRecord;
  readonly changeSet: ChangeSetRecord;
}

/** A change set by its ARN, or by its name and its stack's. */
function find(query: JsonObject, { store }: OperationContext): Found | undefined {
  const wanted = requiredText(query, 'ChangeSetName');
  const stackName = optionalText(query, 'StackName');
  if (stackName === undefined && !wanted.startsWith('arn:')) {
    throw new AwsError(
      'ValidationError',
      'StackName must be specified if ChangeSetName is not specified as an ARN.',
    );
  }
  const stacks = stackName === undefined ? store.all() : [store.require(stackName, 'in brackets')];
  for (const stack of stacks) {
    const changeSet = stack.changeSets.find(({ id, name }) => id === wanted || name === wanted);
    if (changeSet !== undefined) return { stack, changeSet };
  }
  return undefined;
}

/** @throws AwsError `ChangeSetNotFound` */
export function requireChangeSet(query: JsonObject, context: OperationContext): Found {
  const found = find(query, context);
  if (found !== undefined) return found;
  const wanted = requiredText(query, 'ChangeSetName');
  throw new AwsError('ChangeSetNotFound', `ChangeSet [${wanted}] does not exist`, 404);
}

/** The stack that a change set is for: of type CREATE, one that holds nothing but change sets. */
function stackFor(
  query: JsonObject,
  context: OperationContext,
  type: ChangeSetRecord['type'],
  changeSetName: string,
): StackRecord {
  if (type === 'UPDATE') {
    const stack = context.store.require(requiredText(query, 'StackName'), 'in brackets');
    refuseUnlessUpdatable(stack, true);
    return stack;
  }
  const there = context.store.find(requiredText(query, 'StackName'));
  if (there === undefined) return reviewedStack(newName(query, 'StackName'), context);
  if (there.status === 'REVIEW_IN_PROGRESS') return there;
  throw new AwsError(
    'ValidationError',
    `Stack [${there.name}] already exists and cannot be created again with the changeSet [${changeSetName}].`,
  );
}

export const createChangeSet: Operation = {
  takes: [
    ...SOURCE_PARAMETERS,
    ...MODE_PARAMETERS,
    'StackName',
    'ChangeSetName',
    'ChangeSetType',
    'Description',
    'ClientToken',
    'OnStackFailure',
  ],
  run(query, context) {
    const name = newName(query, 'ChangeSetName');
    const type = choice(query, 'ChangeSetType', ['CREATE', 'UPDATE']) ?? 'UPDATE';
    const clientToken = optionalText(query, 'ClientToken');
    const description = optionalText(query, 'Description');
    const failing = onFailure(query, 'OnStackFailure');
    refuseOtherModes(query);
    if (failing === 'DELETE' && type !== 'CREATE') {
      throw new AwsError(
        'ValidationError',
        'OnStackFailure DELETE is only valid when the ChangeSetType is CREATE.',
      );
    }
    const stack = stackFor(query, context, type, name);
    const there = stack.changeSets.find((known) => known.name === name);
    if (there !== undefined && clientToken !== undefined && there.clientToken === clientToken) {
      return { Id: there.id, StackId: stack.id };
    }
    if (there !== undefined) {
      throw new AwsError('AlreadyExistsException', `ChangeSet ${name} already exists`);
    }
    const source = {
      ...readSource(query, context.handlers, type === 'UPDATE' ? stack.source : undefined),
      ...(flag(query, 'ImportExistingResources') ? { importsExisting: true } : {}),
    };
    const { changes, changesNothing } = planChanges(stack, source, context.handlers);
    const isEmpty = type === 'UPDATE' && changesNothing && !stack.status.endsWith('_FAILED');
    const id = `arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:changeSet/${name}/${randomUUID()}`;
    const changeSet: ChangeSetRecord = {
      id,
      name,
      type,
      created: context.now().toISOString(),
      source,
      changes,
      ...omitUndefined({ description, clientToken, onFailure: failing }),
      ...(isEmpty
        ? { status: 'FAILED', statusReason: NO_CHANGES, executionStatus: 'UNAVAILABLE' }
        : { status: 'CREATE_COMPLETE', executionStatus: 'AVAILABLE' }),
    };
    context.store.put({ ...stack, changeSets: [...stack.changeSets, changeSet] });
    return { Id: id, StackId: stack.id };
  },
};

export const describeChangeSet: Operation = {
  takes: ['ChangeSetName', 'StackName', 'NextToken', 'IncludePropertyValues'],
  run(query, context) {
    const withValues = flag(query, 'IncludePropertyValues');
    const { stack, changeSet } = requireChangeSet(query, context);
    const { items, ...next } = page(changeSet.changes, optionalText(query, 'NextToken'));
    const { source, onFailure: OnStackFailure } = changeSet;
    return {
      ...changeSetSummary(stack, changeSet),
      OnStackFailure,
      Parameters: parametersXml(source),
      Tags: tagsXml(source),
      NotificationARNs: [],
      Capabilities: source.capabilities,
      Changes: items.map((change) => changeXml(change, withValues)),
      ...next,
    };
  },
};

export const listChangeSets: Operation = {
  takes: ['StackName', 'NextToken'],
  run(query, { store }) {
    const stack = store.require(requiredText(query, 'StackName'), 'in brackets');
    const { items, ...next } = page([...stack.changeSets].reverse(), optionalText(query, 'NextToken'));
    return { Summaries: items.map((changeSet) => changeSetSummary(stack, changeSet)), ...next };
  },
};

/** Succeeds for a change set that is not there, as long as its stack is. */
export const deleteChangeSet: Operation = {
  takes: ['ChangeSetName', 'StackName'],
  run(query, context) {
    const { stack, changeSet } = find(query, context) ?? {};
    if (stack === undefined || changeSet === undefined) return {};
    if (changeSet.executionStatus === 'EXECUTE_IN_PROGRESS') {
      throw new AwsError(
        'InvalidChangeSetStatus',
        `ChangeSet [${changeSet.id}] cannot be deleted in its current execution status of [EXECUTE_IN_PROGRESS]`,
      );
    }
    context.store.put({ ...stack, changeSets: stack.changeSets.filter(({ id }) => id !== changeSet.id) });
    return {};
  },
};

export const executeChangeSet: Operation = {
  takes: ['ChangeSetName', 'StackName', 'ClientRequestToken', 'DisableRollback', 'RetainExceptOnCreate'],
  run(query, context) {
    const { stack, changeSet } = requireChangeSet(query, context);
    const request = requestOf('ExecuteChangeSet', query);
    if (isRepeated(stack, request)) return {};
    const { id, name, type, source, status, executionStatus, onFailure: onStackFailure } = changeSet;
    if (executionStatus !== 'AVAILABLE') {
      const why = status === 'FAILED' ? `status of [${status}]` : `execution status of [${executionStatus}]`;
      throw new AwsError(
        'InvalidChangeSetStatus',
        `ChangeSet [${id}] cannot be executed in its current ${why}`,
      );
    }
    if (onStackFailure !== undefined && own(query, 'DisableRollback') !== undefined) {
      throw new AwsError(
        'ValidationError',
        `DisableRollback cannot be specified: the change set [${name}] was created with OnStackFailure.`,
      );
    }
    const options = {
      request,
      onFailure: onStackFailure ?? (flag(query, 'DisableRollback') ? 'DO_NOTHING' : 'ROLLBACK'),
      retainExceptOnCreate: flag(query, 'RetainExceptOnCreate'),
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
    return {};
  },
};
