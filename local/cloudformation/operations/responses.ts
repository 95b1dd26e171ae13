import { type Json, type JsonObject, own } from '../../json.ts';
import type { QueryResult } from '../../wire/query-protocol.ts';
import {
  type ChangeDetail,
  type ChangeSetRecord,
  type EventRecord,
  isInSync,
  type PlannedChange,
  type ResourceRecord,
  type StackRecord,
  type TemplateSource,
} from '../stack/model.ts';
import { isDynamic } from '../stack/plan.ts';
import { parseTemplate } from '../template/parse.ts';

/** Returns the parameters of a source. Values with `NoEcho` are masked. */
export function parametersXml({ template, parameters }: TemplateSource): QueryResult {
  const entries = Object.entries(parameters);
  if (entries.length === 0) return [];
  const declared = parseTemplate(template).parameters;
  return entries.map(([ParameterKey, value]) => ({
    ParameterKey,
    ParameterValue: declared.get(ParameterKey)?.noEcho === false ? value : '****',
  }));
}

export function tagsXml({ tags }: TemplateSource): QueryResult {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** A change of the stack invalidates the last drift detection. */
function driftInformation({ drift, updated }: StackRecord): QueryResult {
  if (drift === undefined || (updated !== undefined && updated > drift.at)) {
    return { StackDriftStatus: 'NOT_CHECKED' };
  }
  const isDrifted = Object.values(drift.resources).some((one) => !isInSync(one));
  return { StackDriftStatus: isDrifted ? 'DRIFTED' : 'IN_SYNC', LastCheckTimestamp: drift.at };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html */
export function stackXml(stack: StackRecord): QueryResult {
  const { source, operation } = stack;
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: stack.changeSets.find(({ executionStatus }) => executionStatus.startsWith('EXECUTE_'))?.id,
    Description: descriptionOf(stack),
    Parameters: parametersXml(source),
    CreationTime: stack.created,
    LastUpdatedTime: stack.updated,
    DeletionTime: stack.deleted,
    RollbackConfiguration: {},
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DisableRollback:
      operation !== undefined && 'onFailure' in operation && operation.onFailure === 'DO_NOTHING',
    NotificationARNs: [],
    Capabilities: source.capabilities,
    Outputs: stack.outputs.map(({ key, value, description, exportName }) => ({
      OutputKey: key,
      OutputValue: value,
      Description: description,
      ExportName: exportName,
    })),
    Tags: tagsXml(source),
    EnableTerminationProtection: stack.terminationProtection,
    DriftInformation: driftInformation(stack),
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSummary.html */
export function stackSummary(stack: StackRecord): QueryResult {
  return {
    StackId: stack.id,
    StackName: stack.name,
    TemplateDescription: descriptionOf(stack),
    CreationTime: stack.created,
    LastUpdatedTime: stack.updated,
    DeletionTime: stack.deleted,
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DriftInformation: driftInformation(stack),
  };
}

/** A stack in review has no template yet. */
function descriptionOf({ source }: StackRecord): string | undefined {
  return source.template === '{}' ? undefined : parseTemplate(source.template).description;
}

export function eventXml({ id, name }: StackRecord, event: EventRecord): QueryResult {
  return {
    StackId: id,
    StackName: name,
    EventId: event.id,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId ?? '',
    ResourceType: event.type,
    Timestamp: event.at,
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason,
    ClientRequestToken: event.token,
  };
}

/** Returns the members that all responses about a resource have. */
export function resourceXml(logicalId: string, record: ResourceRecord) {
  return {
    LogicalResourceId: logicalId,
    PhysicalResourceId: record.physicalId,
    ResourceType: record.type,
    ResourceStatus: record.status,
    ResourceStatusReason: record.reason,
    DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' },
  };
}

/** @param withValues whether the request has `IncludePropertyValues`: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html */
export function changeXml({ details, ...change }: PlannedChange, withValues: boolean): QueryResult {
  const context = (properties: JsonObject | undefined) =>
    withValues && properties !== undefined ? JSON.stringify({ Properties: properties }) : undefined;
  return {
    Type: 'Resource',
    ResourceChange: {
      PolicyAction: change.policyAction,
      Action: change.action,
      LogicalResourceId: change.logicalId,
      PhysicalResourceId: change.physicalId,
      ResourceType: change.type,
      Replacement: change.replacement,
      ResourceDriftStatus: change.drift,
      BeforeContext: context(change.before),
      AfterContext: context(change.after),
      Scope: [...new Set(details.map(({ attribute }) => attribute))],
      Details: details.map((detail) => ({
        Target: {
          Attribute: detail.attribute,
          Name: detail.name,
          RequiresRecreation: detail.recreates ? 'Always' : 'Never',
          ...(withValues ? changedValue(detail, change) : {}),
        },
        Evaluation: isDynamic(detail) ? 'Dynamic' : 'Static',
        ChangeSource: detail.source,
        CausingEntity: detail.cause,
      })),
    },
  };
}

/** Returns the old and new values of a property. */
function changedValue({ name }: ChangeDetail, { before, after }: Pick<PlannedChange, 'before' | 'after'>) {
  if (name === undefined || before === undefined || after === undefined) return {};
  const text = (value: Json | undefined) => (typeof value === 'string' ? value : JSON.stringify(value));
  const [was, is] = [own(before, name), own(after, name)];
  return {
    Path: `/Properties/${name}`,
    BeforeValue: text(was),
    AfterValue: text(is),
    AttributeChangeType: was === undefined ? 'Add' : is === undefined ? 'Remove' : 'Modify',
  };
}

export function changeSetSummary(stack: StackRecord, changeSet: ChangeSetRecord) {
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
