import { OPTIONS_METADATA, policyOf, type StackOptions } from '../../../infra/options.ts';
import type { JsonValue } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { type FoundStack, findStack } from '../find-stack.ts';
import { deployedTemplate } from '../operate/kept-data.ts';
import type { StackWork } from '../stack-work.ts';
import { KINDS, OPTION_NAMES, type OptionKind, type OptionName } from './kinds.ts';
import { refuseSharedPrefix } from './refusals.ts';

export { type AskedOptions, askedOptions, type OptionFlags } from './flags.ts';
export type { OptionName, StackOptions };

/** An option as `status` and `deploy` show it. */
export interface DescribedOption {
  readonly name: OptionName;
  readonly flag: string;
  /** As it is kept; absent where it is unset. */
  readonly value?: JsonValue;
  /** For people: `5 GiB`, or `unset`. */
  readonly text: string;
}

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
 * The options that a template was made with; none for one from before there were options.
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

/** Options that leave something behind on AWS, for which off is not the same as never. */
const LASTING: readonly OptionName[] = ['versioning', 'accessLogs'];

/** What stays of them, as `--unset` says it. */
const STAYS: Readonly<Partial<Record<OptionName, string>>> = {
  versioning:
    'S3 can suspend versioning, not remove it: it is shown as off, and earlier versions of objects stay.',
  accessLogs:
    'Access logs are shown as off: CloudFront writes no more of them. The log bucket stays with the earlier ones.',
};

/** A sentence for each option that was taken back and is off rather than unset. */
export function unsetNotes(options: StackOptions, unset: readonly OptionName[]): string[] {
  return unset.flatMap((name) => (options[name] === false ? (STAYS[name] ?? []) : []));
}

/** Bytes of JSON. The first has to fit into the edge function beside its code, all of it into the template. */
const POLICY_ROOM = 1_800;
const OPTIONS_ROOM = 8_000;

const bytesOf = (value: object) => Buffer.byteLength(JSON.stringify(value));

/** Found now, and not when the first half of a deployment is there already. */
function refuseTooMuch(options: StackOptions): void {
  const rules = bytesOf(policyOf(options));
  if (rules > POLICY_ROOM) {
    throw new UserError(
      'usage',
      `The edge has room for ${POLICY_ROOM} bytes of rules; these have ${rules}.`,
      {
        hint: 'Name fewer or shorter --allow-group, --cors-origin or --write-to.',
      },
    );
  }
  const all = bytesOf(options);
  if (all > OPTIONS_ROOM) {
    throw new UserError('usage', `A deployment keeps ${OPTIONS_ROOM} bytes of options; these have ${all}.`, {
      hint: 'Name fewer or shorter --tag.',
    });
  }
}

const TOGETHER: readonly OptionName[] = ['domain', 'certificateArn'];

/**
 * What a deploy is to apply: what is kept, over it what was given, without what was taken back; in one order, so that
 * the same options are the same template.
 * @throws {UserError} `usage` for a domain without a certificate or the other way round, and for more than there is room for.
 */
export function mergeOptions(
  kept: StackOptions,
  given: StackOptions = {},
  unset: readonly OptionName[] = [],
): StackOptions {
  const gone = unset.some((option) => TOGETHER.includes(option)) ? [...unset, ...TOGETHER, 'minTls'] : unset;
  const merged = OPTION_NAMES.map((option) => {
    const value = given[option] ?? (gone.includes(option) ? undefined : kept[option]);
    // Never on and off are the same, but for what lasts.
    const lasts = LASTING.includes(option) && kept[option] !== undefined;
    return [option, (value || undefined) ?? (lasts ? false : undefined)] as const;
  });
  const options = Object.fromEntries(merged.filter(([, value]) => value !== undefined)) as StackOptions;
  const alone = TOGETHER.filter((option) => options[option] !== undefined);
  if (alone.length === 1) {
    const missing = TOGETHER.find((option) => !alone.includes(option)) ?? 'domain';
    throw new UserError(
      'usage',
      `${alone.map((option) => KINDS[option].flag)} needs ${KINDS[missing].flag} too.`,
      {
        hint: `${KINDS[missing].flag} takes ${KINDS[missing].takes}.`,
      },
    );
  }
  refuseSharedPrefix(options);
  if (options.minTls !== undefined && options.domain === undefined) {
    throw new UserError('usage', `${KINDS.minTls.flag} needs ${KINDS.domain.flag} too.`, {
      hint: 'CloudFront fixes the TLS versions of its own host names.',
    });
  }
  refuseTooMuch(options);
  return options;
}

/** Every option there is, whether it is set or not, in a fixed order. */
export function describeOptions(options: StackOptions): DescribedOption[] {
  return OPTION_NAMES.map((name) => {
    const { flag, show } = KINDS[name] as OptionKind<unknown>;
    const value = options[name];
    return value === undefined
      ? { name, flag, text: 'unset' }
      : { name, flag, value: value as JsonValue, text: show(value) };
  });
}

/** Those that are set, as a part of a result's document. */
export function optionsJson(options: StackOptions): { [name: string]: JsonValue } {
  const set = describeOptions(options).flatMap(({ name, value }) =>
    value === undefined ? [] : [[name, value]],
  );
  return Object.fromEntries(set);
}

/** The options of the stack as it is deployed; none where there is none yet. */
export async function keptOptions(work: StackWork, known?: FoundStack): Promise<StackOptions> {
  const stack = known ?? (await findStack(work));
  // A stack that is only being planned has no template.
  if (stack === undefined || stack.status === 'REVIEW_IN_PROGRESS') return {};
  return readOptions(await deployedTemplate(work, stack.id));
}

/**
 * The stack's tags as CreateChangeSet takes them; an empty list takes back those of an earlier deploy. `undefined` leaves
 * alone what others may have tagged the stack with.
 */
export function stackTags(
  { tags }: StackOptions,
  kept: StackOptions = {},
): { Key: string; Value: string }[] | undefined {
  if (tags === undefined && kept.tags === undefined) return undefined;
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}
