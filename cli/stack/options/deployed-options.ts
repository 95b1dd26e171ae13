import { OPTIONS_METADATA, type StackOptions } from '../../../infra/options.ts';
import { UserError } from '../../errors.ts';
import { type FoundStack, findStack } from '../find-stack.ts';
import { isSigning } from '../signing/signing-options.ts';
import type { StackWork } from '../stack-work.ts';
import { templateIfThere } from '../template/deployed-template.ts';
import { isValidOption } from './is-valid-option.ts';
import { OPTION_NAMES } from './kinds.ts';
import { areTrusted } from './trusted-issuers.ts';

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

function validity(name: string): ((value: unknown) => boolean) | undefined {
  if (name === 'trust') return areTrusted;
  if (name === 'signing') return isSigning;
  const option = OPTION_NAMES.find((one) => one === name);
  return option && ((value) => isValidOption(option, value));
}

/**
 * Checks that this version knows every option and its value.
 * @throws {UserError} `stack_failed`: leaving out an option would change the deployment
 */
export function requireKnown(options: StackOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const isValid = validity(name);
    if (isValid === undefined) throw unreadable(`an option “${name}”, which this version does not know`);
    if (!isValid(value)) throw unreadable(`a value of “${name}” that this version does not know`);
  }
}

/**
 * Returns the options that a template was made with; none for one from before there were options.
 * @throws {UserError} `stack_failed` for options that this version does not know
 */
export function readOptions(templateBody: string): StackOptions {
  const { Resources = {} } = JSON.parse(templateBody) as Template;
  const options = Object.values(Resources)
    .map(({ Metadata }) => Metadata?.[OPTIONS_METADATA]?.options)
    .find((one) => one !== undefined) as StackOptions | undefined;
  requireKnown(options ?? {});
  return options ?? {};
}

/** Returns the options of the deployed stack; none if there is no stack yet. */
export async function deployedOptions(work: StackWork, known?: FoundStack): Promise<StackOptions> {
  const template = await templateIfThere(work, known ?? (await findStack(work)));
  return template === undefined ? {} : readOptions(template);
}

/**
 * Returns the stack's tags for CreateChangeSet; an empty list removes those of an earlier deploy. `undefined` keeps the
 * tags of other tools.
 */
export function stackTags(
  { tags }: StackOptions,
  previous: StackOptions = {},
): { Key: string; Value: string }[] | undefined {
  if (tags === undefined && previous.tags === undefined) return undefined;
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}
