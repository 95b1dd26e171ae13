import { isDeepStrictEqual } from 'node:util';
import { omitUndefined } from '../../../protocol/fields.ts';
import { type JsonObject, own } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { validationError } from '../errors.ts';
import { references } from '../template/functions.ts';
import { sorted } from '../template/graph.ts';
import type { TemplateResource } from '../template/parse.ts';
import { resolveAhead, UnresolvedValue } from '../template/resolve.ts';
import type { Known } from '../template/scope.ts';
import { type BoundTemplate, bind, changedProperties, outputsOf, recreates } from './bound.ts';
import { type Actual, actualOf } from './drift.ts';
import {
  type ChangeDetail,
  isPresent,
  type OutputRecord,
  type PlannedChange,
  type ResourceRecord,
  type StackRecord,
  type TemplateSource,
} from './model.ts';

type Handlers = ReadonlyMap<string, ResourceHandler>;

export interface Plan {
  readonly changes: readonly PlannedChange[];
  /** Whether resources, outputs and tags all stay as they are. */
  readonly changesNothing: boolean;
}

/** How AWS writes a value in a change set that is known only after its execution. */
const NOT_YET_KNOWN = '{{changeSet:KNOWN_AFTER_APPLY}}';

interface Planning {
  readonly stack: StackRecord;
  readonly source: TemplateSource;
  readonly handlers: Handlers;
  /** Resources whose ids and attributes are not known yet. */
  readonly later: Set<string>;
}

/**
 * Returns the changes of a change set, in the order of dependencies.
 *
 * @throws AwsError for every error in the source that can be detected before it is applied
 */
export function planChanges(stack: StackRecord, source: TemplateSource, handlers: Handlers): Plan {
  const later = new Set<string>();
  const wanted = (id: string): boolean => bound.graph.has(id);
  const resource = (id: string): Known => {
    if (!wanted(id)) return undefined;
    const record = own(stack.resources, id);
    if (later.has(id) || record?.physicalId === undefined || !isPresent(record)) return 'later';
    return { physicalId: record.physicalId, attributes: record.attributes };
  };
  const bound: BoundTemplate = bind(source, stack, resource);
  const planning: Planning = { stack, source, handlers, later };
  refuseChangedTypes(stack, bound);
  const changes: PlannedChange[] = [];
  for (const id of sorted(bound.graph)) {
    const change = changeOf(id, planning, bound);
    if (change !== undefined) changes.push(change);
    if (
      change?.action === 'Add' ||
      change?.action === 'Import' ||
      (change?.replacement ?? 'False') !== 'False'
    )
      later.add(id);
  }
  for (const [id, record] of Object.entries(stack.resources)) {
    if (isPresent(record) && !wanted(id)) changes.push(removal(id, record));
  }
  const outputs = outputsAhead(bound);
  const changesNothing =
    changes.length === 0 &&
    isDeepStrictEqual(outputs, stack.outputs) &&
    isDeepStrictEqual(source.tags, stack.source.tags);
  return { changes, changesNothing };
}

/** Returns the outputs; `undefined` if they are known only after the change. */
function outputsAhead(bound: BoundTemplate): OutputRecord[] | undefined {
  try {
    return outputsOf(bound);
  } catch (error) {
    if (error instanceof UnresolvedValue) return undefined;
    throw error;
  }
}

function refuseChangedTypes(stack: StackRecord, { template, graph }: BoundTemplate): void {
  const changed = [...graph.keys()].filter((id) => {
    const record = own(stack.resources, id);
    return isPresent(record) && record.type !== template.resources.get(id)?.type;
  });
  if (changed.length === 0) return;
  throw validationError(
    `Update of resource type is not permitted. The new template modifies resource type of the following resources: [${changed.join(', ')}]`,
  );
}

function removal(logicalId: string, { type, physicalId, deletionPolicy }: ResourceRecord): PlannedChange {
  return {
    action: 'Remove',
    logicalId,
    type,
    policyAction: deletionPolicy === 'Delete' ? 'Delete' : 'Retain',
    details: [],
    ...omitUndefined({ physicalId }),
  };
}

function changeOf(logicalId: string, planning: Planning, bound: BoundTemplate): PlannedChange | undefined {
  const definition = bound.template.resources.get(logicalId);
  const handler = planning.handlers.get(definition?.type ?? '');
  if (definition === undefined || handler === undefined) throw new Error(`${logicalId} was not checked`);
  const properties = resolveAhead(definition.properties, bound.scope, NOT_YET_KNOWN) as JsonObject;
  const { type } = definition;
  const added = { logicalId, type, details: [], ...shown({ after: properties }, bound) };
  const current = own(planning.stack.resources, logicalId);
  if (!isPresent(current) || current.physicalId === undefined) {
    const existing = planning.source.importsExisting ? handler.existing?.(properties) : undefined;
    if (existing === undefined) return { action: 'Add', ...added };
    if (definition.deletionPolicy === 'Delete') throw notRetained(logicalId);
    return { action: 'Import', physicalId: existing.physicalId, ...added };
  }
  const actual = planning.source.revertsDrift ? actualOf(current, planning.handlers) : 'unsupported';
  if (actual === 'deleted') return { action: 'Add', drift: 'DELETED', ...added };
  const before = actual === 'unsupported' ? current.properties : actual;
  const details = changedProperties(before, properties).flatMap((name) =>
    detailsOf(name, recreates(handler, name), definition, planning),
  );
  if (!isDeepStrictEqual(current.metadata, definition.metadata)) {
    details.push({ attribute: 'Metadata', recreates: false, source: 'DirectModification' });
  }
  if (details.length === 0 && !current.status.endsWith('_FAILED')) return undefined;
  const replacement = replacementOf(details);
  const replaced = definition.updateReplacePolicy === 'Retain' ? 'ReplaceAndRetain' : 'ReplaceAndDelete';
  return {
    action: 'Modify',
    logicalId,
    physicalId: current.physicalId,
    type,
    replacement,
    ...(replacement === 'False' ? {} : { policyAction: replaced }),
    details,
    ...(planning.source.revertsDrift && { drift: driftStatus(current, actual) }),
    ...shown({ before, after: properties }, bound),
  };
}

function driftStatus({ properties }: ResourceRecord, actual: Actual): NonNullable<PlannedChange['drift']> {
  if (actual === 'unsupported') return 'UNSUPPORTED';
  return isDeepStrictEqual(actual, properties) ? 'IN_SYNC' : 'MODIFIED';
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html */
const notRetained = (logicalId: string) =>
  validationError(
    `CloudFormation is attempting to import some resources because they already exist in your account. The resources must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. The affected resources are ${logicalId}`,
  );

/** Returns no properties for a template with a `NoEcho` parameter, because they can contain its value. */
function shown<T extends object>(properties: T, { template }: BoundTemplate): T | object {
  return [...template.parameters.values()].some(({ noEcho }) => noEcho) ? {} : properties;
}

/** Returns the cause of a property's change: a reference, or the template itself. */
function detailsOf(
  name: string,
  recreating: boolean,
  { properties }: TemplateResource,
  { stack, source, later }: Planning,
): ChangeDetail[] {
  const common = { attribute: 'Properties', name, recreates: recreating } as const;
  const used = references(own(properties, name) ?? null);
  const details = used.flatMap((reference): ChangeDetail[] => {
    const { kind, name: cause, attribute } = reference;
    if (later.has(cause)) {
      return kind === 'attribute'
        ? [{ ...common, source: 'ResourceAttribute', cause: [cause, attribute].join('.') }]
        : [{ ...common, source: 'ResourceReference', cause }];
    }
    const changed = own(source.parameters, cause) !== own(stack.source.parameters, cause);
    return changed ? [{ ...common, source: 'ParameterReference', cause }] : [];
  });
  return details.length > 0 ? details : [{ ...common, source: 'DirectModification' }];
}

/** Whether the new value is known only during the operation. */
export function isDynamic({ source }: ChangeDetail): boolean {
  return source === 'ResourceReference' || source === 'ResourceAttribute';
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html, Replacement */
function replacementOf(details: readonly ChangeDetail[]): 'True' | 'False' | 'Conditional' {
  const recreating = details.filter((detail) => detail.recreates);
  if (recreating.length === 0) return 'False';
  return recreating.every(isDynamic) ? 'Conditional' : 'True';
}
