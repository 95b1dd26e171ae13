import { AwsError } from '../../wire/errors.ts';
import type { EventRecord, ResourceRecord, StackRecord } from '../stack/model.ts';
import { parseTemplate } from '../template/parse.ts';
import { optionalText, type QueryObject, requiredText, texts } from '../wire/query.ts';
import type { XmlValue } from '../wire/xml.ts';
import { type Operation, type OperationContext, page } from './context.ts';

function stackXml(stack: StackRecord): XmlValue {
  const { template, parameters, tags, capabilities } = stack.source;
  const declared = stack.status === 'REVIEW_IN_PROGRESS' ? undefined : parseTemplate(template);
  return {
    StackId: stack.id,
    StackName: stack.name,
    Description: declared?.description,
    Parameters: Object.entries(parameters).map(([ParameterKey, value]) => ({
      ParameterKey,
      ParameterValue: declared?.parameters[ParameterKey]?.noEcho ? '****' : value,
    })),
    CreationTime: stack.created,
    LastUpdatedTime: stack.updated,
    DeletionTime: stack.deleted,
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DisableRollback: false,
    NotificationARNs: [],
    Capabilities: capabilities,
    Outputs: stack.outputs.map(({ key, value, description, exportName }) => ({
      OutputKey: key,
      OutputValue: value,
      Description: description,
      ExportName: exportName,
    })),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    EnableTerminationProtection: false,
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

export const describeStacks: Operation = {
  takes: ['StackName', 'NextToken'],
  run(query, { store }) {
    const name = optionalText(query, 'StackName');
    if (name !== undefined) return { Stacks: [stackXml(store.require(name))] };
    const { items, ...next } = page(
      store.all().filter(({ status }) => status !== 'DELETE_COMPLETE'),
      optionalText(query, 'NextToken'),
    );
    return { Stacks: items.map(stackXml), ...next };
  },
};

export const listStacks: Operation = {
  takes: ['StackStatusFilter', 'NextToken'],
  run(query, { store }) {
    const filter = texts(query, 'StackStatusFilter');
    const found = store.all().filter(({ status }) => filter.length === 0 || filter.includes(status));
    const { items, ...next } = page(found, optionalText(query, 'NextToken'));
    const StackSummaries = items.map((stack) => ({
      StackId: stack.id,
      StackName: stack.name,
      CreationTime: stack.created,
      LastUpdatedTime: stack.updated,
      DeletionTime: stack.deleted,
      StackStatus: stack.status,
      StackStatusReason: stack.statusReason,
      DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
    }));
    return { StackSummaries, ...next };
  },
};

function eventXml(stack: StackRecord, event: EventRecord): XmlValue {
  return {
    StackId: stack.id,
    StackName: stack.name,
    EventId: event.id,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: event.at,
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason,
    ClientRequestToken: event.token,
  };
}

export const describeStackEvents: Operation = {
  takes: ['StackName', 'NextToken'],
  run(query, { store }) {
    const stack = store.require(requiredText(query, 'StackName'));
    const { items, ...next } = page([...stack.events].reverse(), optionalText(query, 'NextToken'));
    return { StackEvents: items.map((event) => eventXml(stack, event)), ...next };
  },
};

function resourceXml(stack: StackRecord, logicalId: string, record: ResourceRecord) {
  return {
    StackId: stack.id,
    StackName: stack.name,
    LogicalResourceId: logicalId,
    PhysicalResourceId: record.physicalId,
    ResourceType: record.type,
    ResourceStatus: record.status,
    ResourceStatusReason: record.reason,
    DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' },
  };
}

function requireResource(query: QueryObject, stack: StackRecord): [string, ResourceRecord] {
  const logicalId = requiredText(query, 'LogicalResourceId');
  const record = stack.resources[logicalId];
  if (record !== undefined) return [logicalId, record];
  throw new AwsError('ValidationError', `Resource ${logicalId} does not exist for stack ${stack.name}`);
}

export const describeStackResource: Operation = {
  takes: ['StackName', 'LogicalResourceId'],
  run(query, { store }) {
    const stack = store.require(requiredText(query, 'StackName'));
    const [logicalId, record] = requireResource(query, stack);
    return {
      StackResourceDetail: { ...resourceXml(stack, logicalId, record), LastUpdatedTimestamp: record.at },
    };
  },
};

export const describeStackResources: Operation = {
  takes: ['StackName', 'LogicalResourceId', 'PhysicalResourceId'],
  run(query, { store }) {
    const stack = resourcesOf(query, store);
    const wanted = optionalText(query, 'LogicalResourceId');
    const found = wanted === undefined ? Object.entries(stack.resources) : [requireResource(query, stack)];
    return {
      StackResources: found.map(([id, record]) => ({
        ...resourceXml(stack, id, record),
        Timestamp: record.at,
      })),
    };
  },
};

function resourcesOf(query: QueryObject, store: OperationContext['store']): StackRecord {
  const physicalId = optionalText(query, 'PhysicalResourceId');
  if (physicalId === undefined) return store.require(requiredText(query, 'StackName'));
  const holds = ({ resources }: StackRecord) =>
    Object.values(resources).some((record) => record.physicalId === physicalId);
  const stack = store.all().find(holds);
  if (stack !== undefined) return stack;
  throw new AwsError('ValidationError', `Stack for ${physicalId} does not exist`);
}

export const listStackResources: Operation = {
  takes: ['StackName', 'NextToken'],
  run(query, { store }) {
    const stack = store.require(requiredText(query, 'StackName'));
    const { items, ...next } = page(Object.entries(stack.resources), optionalText(query, 'NextToken'));
    const StackResourceSummaries = items.map(([id, record]) => {
      const { StackId: _id, StackName: _name, ...summary } = resourceXml(stack, id, record);
      return { ...summary, LastUpdatedTimestamp: record.at };
    });
    return { StackResourceSummaries, ...next };
  },
};
