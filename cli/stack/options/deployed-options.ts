import { OPTIONS_METADATA, policyOf, type StackOptions, type TrustedIssuer } from '../../../infra/options.ts';
import { UserError } from '../../errors.ts';
import { requireSafe } from '../../trust/safety.ts';
import { isSigning } from '../signing/signing-options.ts';
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
    hint: 'A newer edge-upload may have deployed it: use that version. Nothing was changed.',
  });
}

function validity(name: string): ((value: unknown) => boolean) | undefined {
  if (name === 'trust') return areTrusted;
  if (name === 'signing') return isSigning;
  const option = OPTION_NAMES.find((one) => one === name);
  return option && ((value) => isValidOption(option, value));
}

/**
 * Checks that this version supports every option and its value.
 * @throws {UserError} `stack_failed`, because omitting an option would change the deployment
 */
export function requireKnown(options: StackOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const isValid = validity(name);
    if (isValid === undefined) throw unreadable(`an option “${name}”, which this version does not know`);
    if (!isValid(value)) throw unreadable(`a value of “${name}” that this version does not know`);
  }
}

/**
 * Returns the options in a template; none without a template, or for one without options.
 * @throws {UserError} `stack_failed` for options that this version does not support
 */
export function readOptions(templateBody = '{}'): StackOptions {
  const { Resources = {} } = JSON.parse(templateBody) as Template;
  const options = Object.values(Resources)
    .map(({ Metadata }) => Metadata?.[OPTIONS_METADATA]?.options)
    .find((one) => one !== undefined) as StackOptions | undefined;
  requireKnown(options ?? {});
  return options ?? {};
}

/**
 * Returns the stack's tags for CreateChangeSet. An empty list removes the tags of an earlier deploy; `undefined` keeps
 * the tags of other tools.
 */
export function stackTags(
  { tags }: StackOptions,
  previous: StackOptions = {},
): { Key: string; Value: string }[] | undefined {
  if (tags === undefined && previous.tags === undefined) return undefined;
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}

/**
 * Maximum bytes of JSON. The first step of a deploy has the options in an inline template, because there is no bucket
 * yet. Signing keys and revoked tokens come later.
 */
const OPTIONS_ROOM = 30_000;

/**
 * Maximum bytes of JSON in the edge's description. A response of an edge function is limited to 40 KB, of which a
 * caller's groups and prefixes need 28 KB: see edge/description.ts.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
const DESCRIPTION_ROOM = 10_000;

const bytesOf = (value: object) => Buffer.byteLength(JSON.stringify(value));

/** Returns the fields of an issuer in the edge's description. */
function described({ rules, jwksUri, tokenOrigin, name, groups, maxAge, ...issuer }: TrustedIssuer): object {
  return issuer;
}

/** Checks the size of a deployment's options. */
function refuseTooMuch({ trust = [], signing: _, ...options }: StackOptions): void {
  const all = bytesOf(options);
  if (all > OPTIONS_ROOM) {
    throw new UserError('usage', `A deployment keeps ${OPTIONS_ROOM} bytes of options; these have ${all}.`, {
      hint: 'Use fewer or shorter values for --tag.',
    });
  }
  const bytes = bytesOf([policyOf(options), trust.map(described)]);
  if (bytes <= DESCRIPTION_ROOM) return;
  throw new UserError(
    'usage',
    `The edge describes ${DESCRIPTION_ROOM} bytes of rules and issuers; these have ${bytes}.`,
    { hint: 'Use fewer or shorter values for --allow-group and --cors-origin, or trust fewer issuers.' },
  );
}

/**
 * Checks all options of a deployment, before anything is downloaded or changed. This version must be able to read what
 * it stores.
 * @throws {UserError} `usage`, or `stack_failed` for options that this version does not support
 */
export function requireDeployable(options: StackOptions): void {
  if (options.trust !== undefined) requireSafe(options);
  refuseTooMuch(options);
  // Checked last, because its message is about options of a newer version, not about typed values.
  requireKnown(options);
}
