import type { JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { own, type ResourceRecord, type StackRecord } from '../stack/model.ts';
import { constraint, optionalText, requiredText, texts } from '../wire/query.ts';
import { eventXml, resourceXml, stackSummary, stackXml } from './answers.ts';
import { type Operation, type OperationContext, page } from './context.ts';

export const describeStacks: Operation = {
  takes: ['StackName', 'NextToken'],
  run(query, { store, view }) {
    const name = optionalText(query, 'StackName');
    if (name !== undefined) return { Stacks: [stackXml(view.require(name, 'with id'))] };
    const present = store.all().filter(({ status }) => status !== 'DELETE_COMPLETE');
    const { items, ...next } = page(present, optionalText(query, 'NextToken'));
    return { Stacks: items.map(stackXml), ...next };
  },
};

const RUNNING = ['IN_PROGRESS', 'FAILED', 'COMPLETE'];
const UPDATING = ['COMPLETE_CLEANUP_IN_PROGRESS'];
const STATUSES = [
  ...['CREATE', 'ROLLBACK', 'DELETE', 'UPDATE', 'UPDATE_ROLLBACK', 'IMPORT', 'IMPORT_ROLLBACK'].flatMap(
    (kind) => RUNNING.map((state) => `${kind}_${state}`),
  ),
  ...['UPDATE', 'UPDATE_ROLLBACK'].flatMap((kind) => UPDATING.map((state) => `${kind}_${state}`)),
  'REVIEW_IN_PROGRESS',
];

export const listStacks: Operation = {
  takes: ['StackStatusFilter', 'NextToken'],
  run(query, { store }) {
    const filter = texts(query, 'StackStatusFilter');
    const wrong = filter.find((status) => !STATUSES.includes(status));
    if (wrong !== undefined) {
      throw constraint(
        `'[${wrong}]'`,
        'stackStatusFilter',
        `Member must satisfy constraint: [Member must satisfy enum value set: [${STATUSES.join(', ')}]]`,
      );
    }
    const found = store.all().filter(({ status }) => filter.length === 0 || filter.includes(status));
    const { items, ...next } = page(found, optionalText(query, 'NextToken'));
    return { StackSummaries: items.map(stackSummary), ...next };
  },
};

/** Newest first. */
export const describeStackEvents: Operation = {
  takes: ['StackName', 'NextToken'],
  run(query, { view }) {
    const stack = view.require(requiredText(query, 'StackName'), 'in brackets');
    const { items, ...next } = page(stack.events, optionalText(query, 'NextToken'), true);
    return { StackEvents: items.map((event) => eventXml(stack, event)), ...next };
  },
};

function requireResource(query: JsonObject, stack: StackRecord): [string, ResourceRecord] {
  const logicalId = requiredText(query, 'LogicalResourceId');
  const record = own(stack.resources, logicalId);
  if (record !== undefined) return [logicalId, record];
  throw new AwsError('ValidationError', `Resource ${logicalId} does not exist for stack ${stack.name}`);
}

export const describeStackResource: Operation = {
  takes: ['StackName', 'LogicalResourceId'],
  run(query, { store }) {
    const stack = store.require(requiredText(query, 'StackName'));
    const [logicalId, record] = requireResource(query, stack);
    return {
      StackResourceDetail: {
        StackId: stack.id,
        StackName: stack.name,
        ...resourceXml(logicalId, record),
        LastUpdatedTimestamp: record.at,
        Metadata: record.metadata === undefined ? undefined : JSON.stringify(record.metadata),
      },
    };
  },
};

export const describeStackResources: Operation = {
  takes: ['StackName', 'LogicalResourceId', 'PhysicalResourceId'],
  run(query, { store }) {
    const stack = stackHolding(query, store);
    const wanted = optionalText(query, 'LogicalResourceId');
    const found = wanted === undefined ? Object.entries(stack.resources) : [requireResource(query, stack)];
    return {
      StackResources: found.map(([logicalId, record]) => ({
        StackId: stack.id,
        StackName: stack.name,
        ...resourceXml(logicalId, record),
        Timestamp: record.at,
      })),
    };
  },
};

/** The stack by its name, or by a resource that it has. */
function stackHolding(query: JsonObject, store: OperationContext['store']): StackRecord {
  const physicalId = optionalText(query, 'PhysicalResourceId');
  if (physicalId === undefined) return store.require(requiredText(query, 'StackName'));
  if (own(query, 'StackName') !== undefined) {
    throw new AwsError(
      'ValidationError',
      'You cannot specify both StackName and PhysicalResourceId: one of them names the stack.',
    );
  }
  const stack = store
    .all()
    .find(({ resources }) => Object.values(resources).some((record) => record.physicalId === physicalId));
  if (stack !== undefined) return stack;
  throw new AwsError('ValidationError', `Stack for ${physicalId} does not exist`);
}

export const listStackResources: Operation = {
  takes: ['StackName', 'NextToken'],
  run(query, { store }) {
    const stack = store.require(requiredText(query, 'StackName'));
    const { items, ...next } = page(Object.entries(stack.resources), optionalText(query, 'NextToken'));
    const StackResourceSummaries = items.map(([logicalId, record]) => ({
      ...resourceXml(logicalId, record),
      LastUpdatedTimestamp: record.at,
    }));
    return { StackResourceSummaries, ...next };
  },
};
