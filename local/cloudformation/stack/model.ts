import type { JsonObject } from '../../json.ts';
import type { DeletionPolicy } from '../template/parse.ts';

/** A resource of a stack as it is, or was when it failed. */
export interface ResourceRecord {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  /** Dates are ISO 8601 everywhere in these records. */
  readonly at: string;
  /** Kept before the create call; see `CreateRequest`. */
  readonly suffix: string;
  /** Absent until the create call came back. */
  readonly physicalId?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly properties: JsonObject;
  readonly deletionPolicy: DeletionPolicy;
  readonly updateReplacePolicy: DeletionPolicy;
  /** What must go before this may: the resources that were made from it. */
  readonly needs: readonly string[];
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
}

export type OnFailure = 'ROLLBACK' | 'DELETE' | 'DO_NOTHING';

/** The operation that is under way; with it in the record, a killed process can go on where it was. */
export interface OperationRecord {
  readonly kind: 'create' | 'update' | 'delete';
  readonly token?: string;
  readonly onFailure: OnFailure;
  /** Where the stack goes, for create and update. */
  readonly target?: Source;
  /** Where it came from, for update: what a rollback restores. */
  readonly before?: { readonly source: Source; readonly resources: Readonly<Record<string, ResourceRecord>> };
  /** Resources that this operation is done with. */
  readonly done: readonly string[];
  /** The operation failed and is being undone. */
  readonly undoing?: boolean;
  /** Left as they are, for a delete out of DELETE_FAILED. */
  readonly retain: readonly string[];
}

/** Resources that were replaced or left the template: gone once the update has succeeded. */
export interface Superseded extends ResourceRecord {
  readonly logicalId: string;
}

export interface ChangeSetRecord {
  readonly id: string;
  readonly name: string;
  readonly type: 'CREATE' | 'UPDATE';
  readonly created: string;
  readonly description?: string;
  readonly source: Source;
  readonly onFailure?: OnFailure;
  readonly status: 'CREATE_COMPLETE' | 'FAILED';
  readonly statusReason?: string;
  readonly executionStatus: 'AVAILABLE' | 'UNAVAILABLE' | 'EXECUTE_COMPLETE' | 'OBSOLETE';
  readonly changes: readonly PlannedChange[];
}

export interface PlannedChange {
  readonly action: 'Add' | 'Modify' | 'Remove';
  readonly logicalId: string;
  readonly physicalId?: string;
  readonly type: string;
  readonly replacement?: 'True' | 'False';
  /** Names of the properties that change. */
  readonly properties: readonly { readonly name: string; readonly recreates: boolean }[];
}

export interface StackRecord {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly statusReason?: string;
  readonly created: string;
  readonly updated?: string;
  readonly deleted?: string;
  readonly source: Source;
  readonly outputs: readonly OutputRecord[];
  readonly resources: Readonly<Record<string, ResourceRecord>>;
  readonly superseded: readonly Superseded[];
  readonly changeSets: readonly ChangeSetRecord[];
  /** Oldest first. */
  readonly events: readonly EventRecord[];
  readonly operation?: OperationRecord;
}
