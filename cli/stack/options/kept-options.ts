import { OPTIONS_METADATA, type StackOptions } from '../../../infra/options.ts';
import { UserError } from '../../errors.ts';
import { type FoundStack, findStack } from '../find-stack.ts';
import type { StackWork } from '../stack-work.ts';
import { deployedTemplate } from '../template/deployed-template.ts';
import { KINDS, OPTION_NAMES } from './kinds.ts';

interface Template {
  readonly Resources?: Readonly<
    Record<string, { readonly Metadata?: { readonly [OPTIONS_METADATA]?: { readonly options?: object } } }>
  >;
}

function unreadable(what: string): UserError {
  return new UserError('stack_failed', `The deployment keeps ${what}.`, {
    hint: 'A newer edge-upload may have deployed it: use that one. Nothing was changed.',
  });
}

/**
 * Returns the options that a template was made with; none for one from before there were options.
 * @throws {UserError} `stack_failed` for options that this version does not know: leaving them out would change things.
 */
export function readOptions(templateBody: string): StackOptions {
  const { Resources = {} } = JSON.parse(templateBody) as Template;
  const kept = Object.values(Resources)
    .map(({ Metadata }) => Metadata?.[OPTIONS_METADATA]?.options)
    .find((options) => options !== undefined);
  for (const [name, value] of Object.entries(kept ?? {})) {
    const option = OPTION_NAMES.find((one) => one === name);
    if (option === undefined) throw unreadable(`an option “${name}”, which this version does not know`);
    if (!KINDS[option].isValid(value))
      throw unreadable(`a value of “${name}” that this version does not know`);
  }
  return (kept ?? {}) as StackOptions;
}

/** Returns the options of the stack as it is deployed; none where there is no stack yet. */
export async function keptOptions(work: StackWork, known?: FoundStack): Promise<StackOptions> {
  const stack = known ?? (await findStack(work));
  // A stack that is only being planned has no template.
  if (stack === undefined || stack.status === 'REVIEW_IN_PROGRESS') return {};
  return readOptions(await deployedTemplate(work, stack.id));
}

/**
 * Returns the stack's tags for CreateChangeSet; an empty list removes those of an earlier deploy. `undefined` leaves tags
 * of other tools alone.
 */
export function stackTags(
  { tags }: StackOptions,
  kept: StackOptions = {},
): { Key: string; Value: string }[] | undefined {
  if (tags === undefined && kept.tags === undefined) return undefined;
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}
