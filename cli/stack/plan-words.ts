import type { Change, ResourceChange } from '@aws-sdk/client-cloudformation';
import { resourceName } from '../ui/resource-words.ts';

/** One resource's change, as a person is asked about it. */
export interface PlannedStep {
  readonly what: 'add' | 'adopt' | 'change' | 'replace' | 'remove';
  readonly logicalId: string;
  readonly type: string;
  /** The properties that cause it, where there were some before. */
  readonly properties: readonly string[];
  /** What is lost with it, where that is more than can be made again. */
  readonly loses?: string;
}

/** What users put into a resource, and would not find in a new one. */
const HOLDS: Readonly<Record<string, string>> = {
  'AWS::Cognito::UserPool': 'all its users are lost',
  'AWS::S3::Bucket': 'uploads go elsewhere, and the old bucket goes if it is empty',
};

function kindOf({ Action, Replacement }: ResourceChange): PlannedStep['what'] {
  if (Action === 'Add') return 'add';
  if (Action === 'Import') return 'adopt';
  if (Action === 'Remove') return 'remove';
  return Replacement === 'True' ? 'replace' : 'change';
}

function stepOf(change: ResourceChange): PlannedStep {
  const what = kindOf(change);
  const type = change.ResourceType ?? '';
  const names = (change.Details ?? []).map(({ Target }) => Target?.Name ?? Target?.Attribute ?? '');
  const loses = what === 'replace' || what === 'remove' ? HOLDS[type] : undefined;
  return {
    what,
    logicalId: change.LogicalResourceId ?? '',
    type,
    properties: what === 'add' || what === 'adopt' ? [] : [...new Set(names)].filter((name) => name !== ''),
    ...(loses === undefined ? {} : { loses }),
  };
}

const ORDER: readonly PlannedStep['what'][] = ['add', 'adopt', 'change', 'replace', 'remove'];

/** A change set in the order in which a person wants to read it. */
export function plannedSteps(changes: readonly Change[]): PlannedStep[] {
  return changes
    .flatMap(({ ResourceChange }) => (ResourceChange === undefined ? [] : [stepOf(ResourceChange)]))
    .sort((one, other) => ORDER.indexOf(one.what) - ORDER.indexOf(other.what));
}

const MARKS: Readonly<Record<PlannedStep['what'], string>> = {
  add: '+ add    ',
  adopt: '+ adopt  ',
  change: '~ change ',
  replace: '! REPLACE',
  remove: '- remove ',
};

/** A line for each step; `! REPLACE  user pool: all its users are lost`. */
export function planLines(steps: readonly PlannedStep[]): string[] {
  return steps.map(({ what, type, properties, loses }) => {
    const which = properties.length === 0 ? '' : ` (${properties.join(', ')})`;
    return `  ${MARKS[what]}  ${resourceName(type)}${which}${loses === undefined ? '' : `: ${loses}`}`;
  });
}

/** The steps that take something with them that cannot be made again. */
export function losses(steps: readonly PlannedStep[]): PlannedStep[] {
  return steps.filter(({ loses }) => loses !== undefined);
}
