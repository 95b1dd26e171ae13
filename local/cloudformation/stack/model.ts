import { omitUndefined } from '../../../protocol/fields.ts';
import type { JsonObject } from '../../json.ts';
import type { DeletionPolicy } from '../template/parse.ts';

/** A resource of a stack, in its current or last state. Dates in all records are ISO 8601. */
export interface ResourceRecord {
  readonly type: string;
  /** As in events, such as `UPDATE_FAILED`. */
  readonly status: string;
  readonly reason?: string;
  readonly at: string;
  /** Recorded before the create call; see `CreateRequest`. One for each physical resource. */
  readonly suffix: string;
  /** Absent until the create call returns. With a status of `…_IN_PROGRESS` the resource can exist without it. */
  readonly physicalId?: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Properties of the last successful create or update. */
  readonly properties: JsonObject;
  readonly metadata?: JsonObject;
  readonly deletionPolicy: DeletionPolicy;
  readonly updateReplacePolicy: 'Delete' | 'Retain';
  /** It existed before the stack, so undoing the import does not delete it. */
  readonly imported?: boolean;
  /** Logical ids of the resources that it refers to. It is deleted before them. */
  readonly needs: readonly string[];
}

export type Resources = Readonly<Record<string, ResourceRecord>>;

/** A physical resource that left the stack and is not deleted yet. */
export interface Superseded extends ResourceRecord {
  readonly logicalId: string;
  /** Not deleted, because of its policy. */
  readonly keep: boolean;
}

export interface EventRecord {
  readonly id: string;
  readonly at: string;
  readonly logicalId: string;
  readonly physicalId?: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly token?: string;
}

export interface OutputRecord {
  readonly key: string;
  readonly value: string;
  readonly description?: string;
  readonly exportName?: string;
}

/** The drift of a resource when it was detected. */
export interface ResourceDrift {
  readonly status: 'IN_SYNC' | 'MODIFIED' | 'DELETED';
  /** The properties that the template sets, with their actual values; absent if the resource was deleted. */
  readonly actual?: JsonObject;
}

/** The results of the last drift detection of a stack. */
interface StackDrift {
  readonly id: string;
  readonly at: string;
  readonly resources: Readonly<Record<string, ResourceDrift>>;
}

/** The template of a stack with its inputs. An update replaces it. */
export interface TemplateSource {
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  /** Existing resources with the given names are imported into the stack. */
  readonly importsExisting?: boolean;
  /** Resources that were changed outside of CloudFormation are changed back, and deleted ones created again. */
  readonly revertsDrift?: boolean;
}

export type OnFailure = 'ROLLBACK' | 'DELETE' | 'DO_NOTHING';

/** The last state of the stack without an operation, which a rollback restores. */
export interface Before {
  readonly source: TemplateSource;
  readonly resources: Resources;
}

interface Common {
  /** The same for all phases of one request. */
  readonly id: string;
  readonly token?: string;
  /** Deletes what the undone operation created, even with the deletion policy `Retain`. */
  readonly retainExceptOnCreate: boolean;
  /** Results of this phase, by logical id. */
  readonly progress: Readonly<Record<string, 'done' | 'failed'>>;
}

export interface CreateOperation extends Common {
  readonly kind: 'create';
  readonly onFailure: OnFailure;
  readonly target: TemplateSource;
}

export interface UndoCreateOperation extends Common {
  readonly kind: 'undo-create';
  readonly ending: 'ROLLBACK' | 'DELETE';
}

export interface UpdateOperation extends Common {
  readonly kind: 'update';
  /** The stack policy for this update, instead of the stack's own. */
  readonly policyDuringUpdate?: string;
  readonly onFailure: 'ROLLBACK' | 'DO_NOTHING';
  readonly target: TemplateSource;
  /** Absent for a stack that has never been complete. */
  readonly before?: Before;
}

export interface UndoUpdateOperation extends Common {
  readonly kind: 'undo-update';
  readonly before: Before;
  /** Resources that are not rolled back. */
  readonly skip: readonly string[];
}

export interface CleanUpOperation extends Common {
  readonly kind: 'clean-up';
  readonly ending: 'UPDATE_COMPLETE' | 'UPDATE_ROLLBACK_COMPLETE';
}

export interface DeleteOperation extends Common {
  readonly kind: 'delete';
  /** Resources that are not deleted. */
  readonly retain: readonly string[];
}

/** The current phase of a stack. A killed process resumes from it. */
export type OperationRecord =
  | CreateOperation
  | UndoCreateOperation
  | UpdateOperation
  | UndoUpdateOperation
  | CleanUpOperation
  | DeleteOperation;

export interface ChangeDetail {
  readonly attribute: 'Properties' | 'Metadata';
  /** Of the property. */
  readonly name?: string;
  readonly recreates: boolean;
  readonly source: 'DirectModification' | 'ParameterReference' | 'ResourceReference' | 'ResourceAttribute';
  /** The cause of the change, such as `Pool` or `Pool.Arn`; absent for a direct modification. */
  readonly cause?: string;
}

export interface PlannedChange {
  readonly action: 'Add' | 'Import' | 'Modify' | 'Remove';
  readonly logicalId: string;
  readonly physicalId?: string;
  readonly type: string;
  readonly replacement?: 'True' | 'False' | 'Conditional';
  readonly policyAction?: 'Delete' | 'Retain' | 'ReplaceAndDelete' | 'ReplaceAndRetain';
  readonly details: readonly ChangeDetail[];
  /** In a change set that reverts drift. */
  readonly drift?: 'IN_SYNC' | 'MODIFIED' | 'DELETED' | 'UNSUPPORTED';
  /** Properties before and after the change; absent if they contain a parameter with `NoEcho`. */
  readonly before?: JsonObject;
  readonly after?: JsonObject;
}

export interface ChangeSetRecord {
  readonly id: string;
  readonly name: string;
  readonly type: 'CREATE' | 'UPDATE';
  readonly created: string;
  readonly description?: string;
  readonly clientToken?: string;
  readonly source: TemplateSource;
  readonly onFailure?: OnFailure;
  readonly status: 'CREATE_COMPLETE' | 'FAILED';
  readonly statusReason?: string;
  readonly executionStatus:
    | 'AVAILABLE'
    | 'UNAVAILABLE'
    | 'OBSOLETE'
    | 'EXECUTE_IN_PROGRESS'
    | 'EXECUTE_COMPLETE'
    | 'EXECUTE_FAILED';
  readonly changes: readonly PlannedChange[];
}

export interface StackRecord {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly statusReason?: string | undefined;
  readonly created: string;
  readonly updated?: string;
  readonly deleted?: string;
  /** With `DO_NOTHING`, a stack whose creation failed stays as it is. */
  readonly onFailure?: OnFailure;
  readonly terminationProtection: boolean;
  /** JSON; absent if every update is allowed. */
  readonly policy?: string;
  readonly source: TemplateSource;
  readonly outputs: readonly OutputRecord[];
  readonly resources: Resources;
  readonly superseded: readonly Superseded[];
  readonly changeSets: readonly ChangeSetRecord[];
  readonly drift?: StackDrift;
  /** Oldest first. */
  readonly events: readonly EventRecord[];
  /** Also kept for a failed operation that can be resumed. */
  readonly operation?: OperationRecord | undefined;
  /** The last request that started an operation, to recognise its repetition. */
  readonly lastRequest?: { readonly action: string; readonly token: string } | undefined;
}

/** Returns the common members of the next phase of the same request. */
export function nextPhase({ id, token, retainExceptOnCreate }: OperationRecord) {
  return { id, retainExceptOnCreate, progress: {}, ...omitUndefined({ token }) };
}

export function isInSync({ status }: ResourceDrift): boolean {
  return status === 'IN_SYNC';
}

/** Whether the resource is in the stack or is being created. */
export function isPresent(record: ResourceRecord | undefined): record is ResourceRecord {
  return record !== undefined && record.status !== 'DELETE_COMPLETE' && record.status !== 'DELETE_SKIPPED';
}
