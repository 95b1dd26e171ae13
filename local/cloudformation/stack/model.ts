import type { JsonObject } from '../../json.ts';
import type { DeletionPolicy } from '../template/parse.ts';

/** A resource of a stack as it is, or was when it failed. Dates are ISO 8601 everywhere in these records. */
export interface ResourceRecord {
  readonly type: string;
  /** As events tell it, such as `UPDATE_FAILED`. */
  readonly status: string;
  readonly reason?: string;
  readonly at: string;
  /** Kept before the create call; see `CreateRequest`. One for each physical resource. */
  readonly suffix: string;
  /** Absent until the create call came back: with a status of `…_IN_PROGRESS` the resource may be there all the same. */
  readonly physicalId?: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** With which the physical resource was last made or changed successfully. */
  readonly properties: JsonObject;
  readonly metadata?: JsonObject;
  readonly deletionPolicy: DeletionPolicy;
  readonly updateReplacePolicy: 'Delete' | 'Retain';
  /** It was there before the stack: what undoes an import leaves it. */
  readonly imported?: boolean;
  /** Logical ids that it was made from: it has to go before they may. */
  readonly needs: readonly string[];
}

export type Resources = Readonly<Record<string, ResourceRecord>>;

/** A physical resource that is no longer the stack's own, but not gone yet. */
export interface Superseded extends ResourceRecord {
  readonly logicalId: string;
  /** Left to itself, by its policy. */
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

/** What a stack is made from; an update goes from one source to another. */
export interface Source {
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  /** Named resources that exist already are taken into the stack. */
  readonly importsExisting?: boolean;
}

export type OnFailure = 'ROLLBACK' | 'DELETE' | 'DO_NOTHING';

/** The stack as it last was at rest: what the undoing of an update restores. */
export interface Before {
  readonly source: Source;
  readonly resources: Resources;
}

interface Common {
  /** Of one request; kept through the phases that follow from it. */
  readonly id: string;
  readonly token?: string;
  /** Delete what the undone operation made, even where the deletion policy is `Retain`. */
  readonly retainExceptOnCreate: boolean;
  /** What this phase is done with, by logical id. */
  readonly progress: Readonly<Record<string, 'done' | 'failed'>>;
}

export interface CreateOperation extends Common {
  readonly kind: 'create';
  readonly onFailure: OnFailure;
  readonly target: Source;
}

export interface UndoCreateOperation extends Common {
  readonly kind: 'undo-create';
  readonly ending: 'ROLLBACK' | 'DELETE';
}

export interface UpdateOperation extends Common {
  readonly kind: 'update';
  /** A stack policy that counts for this update instead of the stack's own. */
  readonly policyDuringUpdate?: string;
  readonly onFailure: 'ROLLBACK' | 'DO_NOTHING';
  readonly target: Source;
  /** Absent for a stack that has never been complete. */
  readonly before?: Before;
}

export interface UndoUpdateOperation extends Common {
  readonly kind: 'undo-update';
  readonly before: Before;
  /** Resources that are not rolled back, but taken as they are. */
  readonly skip: readonly string[];
}

export interface CleanUpOperation extends Common {
  readonly kind: 'clean-up';
  readonly ending: 'UPDATE_COMPLETE' | 'UPDATE_ROLLBACK_COMPLETE';
}

export interface DeleteOperation extends Common {
  readonly kind: 'delete';
  /** Left as they are. */
  readonly retain: readonly string[];
}

/** The phase that a stack is in; with it in the record, a killed process can go on where it was. */
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
  /** What the change comes from, such as `Pool` or `Pool.Arn`; absent for a direct modification. */
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
  /** Properties as they are and as they are to be; absent where a parameter's value is not to be shown. */
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
  readonly source: Source;
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
  /** With `DO_NOTHING` a stack's failed creation stays as it is, for good. */
  readonly onFailure?: OnFailure;
  readonly terminationProtection: boolean;
  /** JSON; absent where every update is allowed. */
  readonly policy?: string;
  readonly source: Source;
  readonly outputs: readonly OutputRecord[];
  readonly resources: Resources;
  readonly superseded: readonly Superseded[];
  readonly changeSets: readonly ChangeSetRecord[];
  /** Oldest first. */
  readonly events: readonly EventRecord[];
  /** Kept also where an operation got stuck that can be gone on with. */
  readonly operation?: OperationRecord | undefined;
  /** The last request that began an operation, so that its repetition is known for one. */
  readonly lastRequest?: { readonly action: string; readonly token: string } | undefined;
}

/** A member of a record under a name that a template chose: never one that every object has. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Whether a record stands for a resource that is, or is to be, in the stack. */
export function isPresent(record: ResourceRecord | undefined): record is ResourceRecord {
  return record !== undefined && record.status !== 'DELETE_COMPLETE' && record.status !== 'DELETE_SKIPPED';
}
