import { own } from '../../json.ts';
import { required, text, withDefault } from '../../shape.ts';
import { validationError } from '../errors.ts';
import type { ResourceRecord, StackRecord } from '../stack/model.ts';
import { BY_CREATION, BY_LOGICAL_ID, operation, page, paged } from './operation.ts';
import { words } from './parameters.ts';
import { eventXml, resourceXml, stackSummary, stackXml } from './responses.ts';

const STATUSES = [
  ...['CREATE', 'ROLLBACK', 'DELETE', 'UPDATE', 'UPDATE_ROLLBACK', 'IMPORT', 'IMPORT_ROLLBACK'].flatMap(
    (kind) => [`${kind}_IN_PROGRESS`, `${kind}_FAILED`, `${kind}_COMPLETE`],
  ),
  'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
  'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',
  'REVIEW_IN_PROGRESS',
];

function requireResource(logicalId: string, stack: StackRecord): ResourceRecord {
  const record = own(stack.resources, logicalId);
  if (record !== undefined) return record;
  throw validationError(`Resource ${logicalId} does not exist for stack ${stack.name}`);
}

/** Returns the stack that has a resource. */
function stackOf(physicalId: string, stacks: readonly StackRecord[]): StackRecord {
  const stack = stacks.find(({ resources }) =>
    Object.values(resources).some((record) => record.physicalId === physicalId),
  );
  if (stack !== undefined) return stack;
  throw validationError(`Stack for ${physicalId} does not exist`);
}

export const describe = {
  DescribeStacks: operation({ StackName: text(), ...paged }, ({ store, view }, { StackName, NextToken }) => {
    if (StackName !== undefined) return { Stacks: [stackXml(view.require(StackName, 'with id'))] };
    const present = store.all().filter(({ status }) => status !== 'DELETE_COMPLETE');
    const { items, ...next } = page(present, NextToken, BY_CREATION);
    return { Stacks: items.map(stackXml), ...next };
  }),
  ListStacks: operation(
    { StackStatusFilter: withDefault(words(STATUSES), []), ...paged },
    ({ store }, { StackStatusFilter: filter, NextToken }) => {
      const found = store.all().filter(({ status }) => filter.length === 0 || filter.includes(status));
      const { items, ...next } = page(found, NextToken, BY_CREATION);
      return { StackSummaries: items.map(stackSummary), ...next };
    },
  ),
  /** Newest first. */
  DescribeStackEvents: operation(
    { StackName: required(text()), ...paged },
    ({ view }, { StackName, NextToken }) => {
      const stack = view.require(StackName, 'in brackets');
      const { items, ...next } = page(stack.events, NextToken, { newestFirst: true });
      return { StackEvents: items.map((event) => eventXml(stack, event)), ...next };
    },
  ),
  DescribeStackResource: operation(
    { StackName: required(text()), LogicalResourceId: required(text()) },
    ({ store }, { StackName, LogicalResourceId }) => {
      const stack = store.require(StackName);
      const record = requireResource(LogicalResourceId, stack);
      return {
        StackResourceDetail: {
          StackId: stack.id,
          StackName: stack.name,
          ...resourceXml(LogicalResourceId, record),
          LastUpdatedTimestamp: record.at,
          Metadata: record.metadata === undefined ? undefined : JSON.stringify(record.metadata),
        },
      };
    },
  ),
  DescribeStackResources: operation(
    {
      StackName: text(),
      LogicalResourceId: text(),
      PhysicalResourceId: text(),
    },
    ({ store }, { StackName, LogicalResourceId: logicalId, PhysicalResourceId: physicalId }) => {
      if (physicalId !== undefined && StackName !== undefined) {
        throw validationError(
          'You cannot specify both StackName and PhysicalResourceId: one of them names the stack.',
        );
      }
      const stack = physicalId === undefined ? store.require(StackName) : stackOf(physicalId, store.all());
      const found: [string, ResourceRecord][] =
        logicalId === undefined
          ? Object.entries(stack.resources)
          : [[logicalId, requireResource(logicalId, stack)]];
      return {
        StackResources: found.map(([id, record]) => ({
          StackId: stack.id,
          StackName: stack.name,
          ...resourceXml(id, record),
          Timestamp: record.at,
        })),
      };
    },
  ),
  ListStackResources: operation(
    { StackName: required(text()), ...paged },
    ({ store }, { StackName, NextToken }) => {
      const resources = Object.entries(store.require(StackName).resources);
      const { items, ...next } = page(resources, NextToken, BY_LOGICAL_ID);
      const StackResourceSummaries = items.map(([logicalId, record]) => ({
        ...resourceXml(logicalId, record),
        LastUpdatedTimestamp: record.at,
      }));
      return { StackResourceSummaries, ...next };
    },
  ),
};
