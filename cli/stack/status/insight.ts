import { isDeepStrictEqual } from 'node:util';
import { omitUndefined } from '../../../protocol/fields.ts';
import type { HintLine } from '../../command-line.ts';
import { type ErrorCode, isUserError, type UserError } from '../../errors.ts';
import type { JsonValue } from '../../json-value.ts';
import { allEnded } from '../../network/cancellation.ts';
import { ifThere } from '../aws-calls.ts';
import type { StackSnapshot } from '../checks/check.ts';
import { compareKeys, type IssuerKeys } from '../checks/issuer-keys.ts';
import { type DescribedKey, describeSigningKeys } from '../checks/signing-key.ts';
import { countUsers, type FoundStack, type StackWork } from '../find-stack.ts';
import { measureBucket } from '../operate/bucket.ts';
import { type DescribedOption, describeOptions, readOptions } from '../options/deployed-options.ts';
import { bakedKeys, laterVersion, wantedTemplate } from '../template/template.ts';

/** Failures of one service or one permission: other services can still respond. */
const OF_ONE_PART: ReadonlySet<ErrorCode> = new Set(['access_denied', 'throttled', 'aws', 'unreachable']);

/** Parts that are read one by one, so that a refusal hides only its own part. */
export class Parts {
  readonly #failed = new Map<string, UserError>();

  /** Returns what `work` reads; `undefined`, and a part in {@link failed}, if its service refuses. */
  async read<T>(part: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!isUserError(error) || !OF_ONE_PART.has(error.code)) throw error;
      this.#failed.set(part, error);
      return undefined;
    }
  }

  /** The error of each part that was not read, by name. */
  get failed(): ReadonlyMap<string, UserError> {
    return this.#failed;
  }
}

/** The parts that a service refused, for a result's JSON document. */
export function unreadJson({ failed }: Parts): JsonValue | undefined {
  if (failed.size === 0) return undefined;
  return [...failed].map(([part, { code, message }]) => ({ part, code, message }));
}

/** Names the parts that a service refused, and what helps; the same hint once. */
export function unreadLines({ failed }: Parts): HintLine[] {
  const byCode = new Map([...failed.values()].map((error) => [error.code, error]));
  return [
    ...[...failed].map(([part, { message }]) => `Not read: ${part}. ${message}`),
    ...[...byCode.values()].flatMap(({ hintLines }) => hintLines),
  ];
}

/** What `status` reads of a stack. Absent members do not exist, or are failed parts. */
export interface Insight {
  /** Whether somebody deleted the bucket outside edge-upload. */
  readonly gone?: boolean;
  /** Whether somebody deleted the user pool outside edge-upload. */
  readonly poolGone?: boolean;
  readonly objects?: Awaited<ReturnType<typeof measureBucket>>;
  readonly users?: number;
  /** Types of resources that this version would deploy otherwise. */
  readonly differing?: readonly string[];
  /** The version that deployed it, if that is later than this one. */
  readonly deployedBy?: string;
  readonly options?: readonly DescribedOption[];
  readonly issuers?: readonly IssuerKeys[];
  readonly signingKeys?: readonly DescribedKey[];
}

/** Reads the parts of a stack. */
export async function lookInto(
  work: StackWork,
  stack: FoundStack,
  snapshot: StackSnapshot,
  parts: Parts,
): Promise<Insight> {
  const [content, pool, template] = await allEnded([
    lookIntoBucket(work, stack, parts),
    lookIntoPool(work, stack, parts),
    parts.read('options', snapshot.template),
  ]);
  const whole =
    template === undefined ? {} : await compare(work, stack, snapshot, parts, template, pool.poolGone);
  return { ...content, ...pool, ...whole };
}

async function lookIntoBucket(work: StackWork, { outputs }: FoundStack, parts: Parts): Promise<Insight> {
  const { bucket } = outputs;
  if (bucket === undefined) return {};
  const objects = await parts.read('bucket', () => ifThere(() => measureBucket(work, bucket)));
  return objects === undefined ? { gone: !parts.failed.has('bucket') } : { objects };
}

async function lookIntoPool(work: StackWork, { outputs }: FoundStack, parts: Parts): Promise<Insight> {
  const { userPoolId } = outputs;
  if (userPoolId === undefined) return {};
  const users = await parts.read('user pool', () => ifThere(() => countUsers(work, userPoolId)));
  return users === undefined ? { poolGone: !parts.failed.has('user pool') } : { users };
}

/** Compares the deployed template with what it was made from: keys of issuers, signing keys, this version. */
async function compare(
  work: StackWork,
  stack: FoundStack,
  snapshot: StackSnapshot,
  parts: Parts,
  deployed: string,
  poolGone = false,
): Promise<Insight> {
  const options = readOptions(deployed);
  const deployedBy = await laterVersion(deployed);
  const [issuers, signingKeys, wanted] = await allEnded([
    compareKeys(work, options, deployed),
    parts.read('signing keys', () => describeSigningKeys(work, options, snapshot)),
    // Without its pool, no template can be generated. Changed keys are reported separately.
    poolGone || deployedBy !== undefined
      ? undefined
      : parts.read('this version', () => wantedTemplate(work, stack, options, bakedKeys(deployed, options))),
  ]);
  return {
    options: describeOptions(options),
    issuers,
    ...omitUndefined({ signingKeys, deployedBy }),
    ...(wanted !== undefined && { differing: differingTypes(deployed, wanted) }),
  };
}

/** What is compared of a template. */
interface ComparedTemplate {
  readonly Resources?: Readonly<Record<string, { readonly Type: string }>>;
  readonly Outputs?: object;
}

/** Returns the types of the resources in which two templates differ, sorted; empty if the templates are equivalent. */
function differingTypes(one: string, other: string): string[] {
  const { Resources: left = {}, Outputs: leftOutputs } = JSON.parse(one) as ComparedTemplate;
  const { Resources: right = {}, Outputs: rightOutputs } = JSON.parse(other) as ComparedTemplate;
  const ids = new Set([...Object.keys(left), ...Object.keys(right)]);
  const types = [...ids].flatMap((id) =>
    isDeepStrictEqual(left[id], right[id]) ? [] : [left[id]?.Type ?? right[id]?.Type ?? ''],
  );
  const stack = isDeepStrictEqual(leftOutputs, rightOutputs) ? [] : ['AWS::CloudFormation::Stack'];
  return [...new Set([...types, ...stack])].sort();
}
