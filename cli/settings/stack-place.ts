import { omitUndefined } from '../../protocol/fields.ts';
import { type LocalCloud, parseLocalCloud } from './deployments.ts';
import type { DocumentPart } from './records.ts';

/** A stack, and where it is. Another AWS account can have a stack of the same name. */
export interface StackPlace {
  readonly stackName: string;
  /** AWS account; absent in an embedded cloud, and in records of earlier versions. */
  readonly account?: string;
  readonly local?: LocalCloud;
}

/** Parses the members of a record that name its stack. */
export function parseStackPlace(part: DocumentPart): StackPlace {
  const local = part.optional('local');
  return {
    stackName: part.member('stackName').text(),
    ...omitUndefined({ account: part.optional('account')?.text() }),
    ...(local === undefined ? {} : { local: parseLocalCloud(local) }),
  };
}
