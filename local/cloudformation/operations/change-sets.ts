import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID, REGION } from '../../account.ts';
import { AwsError } from '../../wire/errors.ts';
import type { ChangeSetRecord, PlannedChange, Source, StackRecord } from '../stack/model.ts';
import { changesNothing, planChanges } from '../stack/plan.ts';
import { flag, optionalText, type QueryObject, requiredText } from '../wire/query.ts';
import type { XmlValue } from '../wire/xml.ts';
import { type Operation, type OperationContext, page } from './context.ts';
import { newStackName, onFailure, readSource, SOURCE_PARAMETERS } from './source.ts';
import { beginCreate, beginUpdate, blankStack, refuseUnlessUpdatable } from './transitions.ts';

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

function find(
  query: QueryObject,
  { store }: OperationContext,
): { stack: StackRecord; changeSet: ChangeSetRecord } {
  const wanted = requiredText(query, 'ChangeSetName');
  const stackName = optionalText(query, 'StackName');
  if (stackName === undefined && !wanted.startsWith('arn:')) {
    throw new AwsError(
      'ValidationError',
      'StackName must be specified if ChangeSetName is not specified as an ARN.',
    );
  }
  const stacks = stackName === undefined ? store.all() : [store.require(stackName)];
  for (const stack of stacks) {
    const changeSet = stack.changeSets.find(({ id, name }) => id === wanted || name === wanted);
    if (changeSet !== undefined) return { stack, changeSet };
  }
  throw new AwsError('ChangeSetNotFound', `ChangeSet [${wanted}] does not exist`, 404);
}

/** The stack that a change set is for: of type CREATE, one that holds nothing but change sets. */
function stackFor(
  query: QueryObject,
  context: OperationContext,
  type: 'CREATE' | 'UPDATE',
  changeSetName: string,
): StackRecord {
  if (type === 'UPDATE') {
    const name = requiredText(query, 'StackName');
    const stack = context.store.find(name);
    if (stack === undefined) throw new AwsError('ValidationError', `Stack [${name}] does not exist`);
    refuseUnlessUpdatable(stack);
    return stack;
  }
  const name = newStackName(query);
  const there = context.store.find(name);
  if (there === undefined) return blankStack(name, context);
  if (there.status === 'REVIEW_IN_PROGRESS') return there;
  throw new AwsError(
    'ValidationError',
    `Stack [${name}] already exists and cannot be created again with the changeSet [${changeSetName}].`,
  );
}

function typeOf(query: QueryObject): 'CREATE' | 'UPDATE' {
  const type = optionalText(query, 'ChangeSetType') ?? 'UPDATE';
  if (type === 'CREATE' || type === 'UPDATE') return type;
  throw new AwsError('ValidationError', `ChangeSetType ${type} is not supported by the embedded cloud`);
}

export const createChangeSet: Operation = {
  takes: [
    ...SOURCE_PARAMETERS,
    'StackName',
    'ChangeSetName',
    'ChangeSetType',
    'Description',
    'ClientToken',
    'OnStackFailure',
    'IncludeNestedStacks',
  ],
  run(query, context) {
    const name = requiredText(query, 'ChangeSetName');
    const type = typeOf(query);
    const stack = stackFor(query, context, type, name);
    if (stack.changeSets.some((known) => known.name === name)) {
      throw new AwsError('AlreadyExistsException', `ChangeSet ${name} already exists`);
    }
    const source: Source = readSource(query, context.handlers, type === 'UPDATE' ? stack.source : undefined);
    const changes = planChanges(stack, source, context.handlers);
    const nothing = type === 'UPDATE' && changesNothing(stack, source, changes);
    const id = `arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:changeSet/${name}/${randomUUID()}`;
    const description = optionalText(query, 'Description');
    const failing = onFailure(query, 'OnStackFailure');
    const changeSet: ChangeSetRecord = {
      id,
      name,
      type,
      created: context.now().toISOString(),
      source,
      changes,
      ...(description === undefined ? {} : { description }),
      ...(failing === undefined ? {} : { onFailure: failing }),
      ...(nothing
        ? { status: 'FAILED', statusReason: NO_CHANGES, executionStatus: 'UNAVAILABLE' }
        : { status: 'CREATE_COMPLETE', executionStatus: 'AVAILABLE' }),
    };
    context.store.put({ ...stack, changeSets: [...stack.changeSets, changeSet] });
    return { Id: id, StackId: stack.id };
  },
};

function changeXml({
  action,
  logicalId,
  physicalId,
  type,
  replacement,
  properties,
}: PlannedChange): XmlValue {
  return {
    Type: 'Resource',
    ResourceChange: {
      Action: action,
      LogicalResourceId: logicalId,
      PhysicalResourceId: physicalId,
      ResourceType: type,
      Replacement: replacement,
      Scope: properties.length > 0 ? ['Properties'] : [],
      Details: properties.map(({ name, recreates }) => ({
        Target: { Attribute: 'Properties', Name: name, RequiresRecreation: recreates ? 'Always' : 'Never' },
        Evaluation: 'Static',
        ChangeSource: 'DirectModification',
      })),
    },
  };
}

function summary(stack: StackRecord, changeSet: ChangeSetRecord) {
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: changeSet.id,
    ChangeSetName: changeSet.name,
    Description: changeSet.description,
    CreationTime: changeSet.created,
    Status: changeSet.status,
    StatusReason: changeSet.statusReason,
    ExecutionStatus: changeSet.executionStatus,
    IncludeNestedStacks: false,
  };
}

export const describeChangeSet: Operation = {
  takes: ['ChangeSetName', 'StackName', 'NextToken', 'IncludePropertyValues'],
  run(query, context) {
    const { stack, changeSet } = find(query, context);
    const { items, ...next } = page(changeSet.changes, optionalText(query, 'NextToken'));
    const { parameters, tags, capabilities } = changeSet.source;
    return {
      ...summary(stack, changeSet),
      OnStackFailure: changeSet.onFailure,
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      Capabilities: capabilities,
      Changes: items.map(changeXml),
      ...next,
    };
  },
};

export const listChangeSets: Operation = {
  takes: ['StackName', 'NextToken'],
  run(query, { store }) {
    const stack = store.require(requiredText(query, 'StackName'));
    const { items, ...next } = page([...stack.changeSets].reverse(), optionalText(query, 'NextToken'));
    return { Summaries: items.map((changeSet) => summary(stack, changeSet)), ...next };
  },
};

export const deleteChangeSet: Operation = {
  takes: ['ChangeSetName', 'StackName'],
  run(query, context) {
    const { stack, changeSet } = find(query, context);
    context.store.put({ ...stack, changeSets: stack.changeSets.filter(({ id }) => id !== changeSet.id) });
    return {};
  },
};

export const executeChangeSet: Operation = {
  takes: ['ChangeSetName', 'StackName', 'ClientRequestToken', 'DisableRollback'],
  run(query, context) {
    const { stack, changeSet } = find(query, context);
    if (changeSet.executionStatus !== 'AVAILABLE') {
      throw new AwsError(
        'InvalidChangeSetStatus',
        `ChangeSet [${changeSet.id}] cannot be executed in its current execution status of [${changeSet.executionStatus}]`,
      );
    }
    const token = optionalText(query, 'ClientRequestToken');
    const failing = flag(query, 'DisableRollback') ? 'DO_NOTHING' : (changeSet.onFailure ?? 'ROLLBACK');
    const executed: StackRecord = {
      ...stack,
      changeSets: [{ ...changeSet, executionStatus: 'EXECUTE_COMPLETE' }],
    };
    const options = { onFailure: failing, ...(token === undefined ? {} : { token }) };
    if (changeSet.type === 'CREATE') beginCreate(executed, changeSet.source, options, context);
    else beginUpdate(executed, changeSet.source, options, context);
    return {};
  },
};
