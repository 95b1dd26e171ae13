import { isDeepStrictEqual } from 'node:util';
import { omitUndefined } from '../../../protocol/fields.ts';
import { ifAllowed, ifThere, onAws } from '../aws-calls.ts';
import type { FoundStack, StackResource, StackWork } from '../find-stack.ts';
import { bucketPolicy, NO_POLICY } from './bucket.ts';
import type { StackSnapshot } from './check.ts';

/*
 * CloudFormation may not compare bucket policies, so that neither its drift detection nor its drift-aware change sets
 * notice one that was deleted or changed by hand. AWS has an open request to compare them:
 * https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2169
 */

export const BUCKET_POLICY = 'AWS::S3::BucketPolicy';

/** A bucket policy that is not the one of the deployed template. */
export interface PolicyDrift {
  /** Absent if the deployed template was not read. */
  readonly logicalId?: string;
  readonly bucket: string;
  readonly isDeleted: boolean;
  /** The policy of the template, as JSON. Absent if this version cannot resolve it. */
  readonly wanted?: string;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Thrown for an intrinsic function that the policies of this project do not use. */
class Unresolvable extends Error {}

const isText = (value: Json): value is string => typeof value === 'string';
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
const isTextList = (value: Json | undefined): value is readonly string[] =>
  isList(value) && value.every(isText);

/** Returns a value of a template with the functions replaced that the policy uses. */
function resolve(value: Json, references: ReadonlyMap<string, string>): Json {
  if (isList(value)) return value.map((one) => resolve(one, references));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[name, given] = ['', null]] = entries;
  const isFunction = entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::'));
  if (!isFunction) {
    return Object.fromEntries(entries.map(([key, one]) => [key, resolve(one, references)]));
  }
  if (name === 'Fn::Join' && isList(given) && given.length === 2) {
    const [separator, parts] = given.map((one) => resolve(one, references));
    if (typeof separator === 'string' && isTextList(parts)) return parts.join(separator);
  }
  const target = name === 'Fn::GetAtt' && isTextList(given) ? given.join('.') : given;
  const found = isText(target) ? references.get(target) : undefined;
  if (found === undefined || (name !== 'Ref' && name !== 'Fn::GetAtt')) throw new Unresolvable(name);
  return found;
}

/** Returns what the functions of a template return: the ids of resources, the ARNs of buckets, and pseudo parameters. */
function referencesOf({ id }: FoundStack, resources: readonly StackResource[]): Map<string, string> {
  const [, partition = '', , , account = ''] = id.split(':');
  const references = new Map([
    ['AWS::Partition', partition],
    ['AWS::AccountId', account],
  ]);
  for (const { logicalId, type, physicalId } of resources) {
    if (physicalId === undefined) continue;
    references.set(logicalId, physicalId);
    if (type === 'AWS::S3::Bucket') references.set(`${logicalId}.Arn`, `arn:${partition}:s3:::${physicalId}`);
  }
  return references;
}

/** Returns the policy that the deployed template declares for a bucket; without `wanted` if it cannot be resolved. */
async function declaredPolicy(
  snapshot: StackSnapshot,
  stack: FoundStack,
  bucket: string,
): Promise<{ readonly logicalId: string; readonly wanted?: Json } | undefined> {
  const [template = '{}', resources] = await Promise.all([snapshot.template(), snapshot.resources()]);
  const references = referencesOf(stack, resources);
  const { Resources: declared = {} } = JSON.parse(template) as {
    readonly Resources?: Readonly<
      Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, Json>> }>
    >;
  };
  for (const [logicalId, { Type, Properties = {} }] of Object.entries(declared)) {
    const { Bucket = null, PolicyDocument = null } = Properties;
    if (Type !== BUCKET_POLICY) continue;
    try {
      if (resolve(Bucket, references) !== bucket) continue;
      return { logicalId, wanted: resolve(PolicyDocument, references) };
    } catch (error) {
      if (!(error instanceof Unresolvable)) throw error;
      return { logicalId };
    }
  }
  return undefined;
}

/** Returns a policy in one form: a list of one is its element, and the order of a list has no meaning. */
function plain(value: Json): Json {
  if (isList(value)) {
    const sorted = value
      .map(plain)
      .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
    const [only] = sorted;
    return sorted.length === 1 && only !== undefined ? only : sorted;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, plain(one)] as const);
  // Everybody, in either spelling: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
  if (entries.length === 1 && entries[0]?.[0] === 'AWS' && entries[0][1] === '*') return '*';
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * Returns how the policy of the stack's bucket differs from that of the deployed template; `undefined` if it does not.
 * Another check reports a missing bucket.
 * @throws {UserError} `access_denied` if the operator is not allowed to compare them
 */
export async function policyDrift(
  work: StackWork,
  snapshot: StackSnapshot,
): Promise<PolicyDrift | undefined> {
  const stack = await snapshot.stack();
  const { bucket } = stack?.outputs ?? {};
  if (stack === undefined || bucket === undefined) return undefined;
  const actual = await ifThere(() => bucketPolicy(work, bucket));
  if (actual === undefined) return undefined;
  const isDeleted = actual === NO_POLICY;
  const read = () => declaredPolicy(snapshot, stack, bucket);
  // Without the template, a deleted policy is still a drift.
  const declared = isDeleted ? await ifAllowed(read) : await read();
  const { logicalId, wanted } = declared === 'denied' ? {} : (declared ?? {});
  const isSame = wanted === undefined || isDeepStrictEqual(plain(JSON.parse(actual)), plain(wanted));
  if (!isDeleted && isSame) return undefined;
  const text = wanted === undefined ? undefined : JSON.stringify(wanted);
  return { bucket, isDeleted, ...omitUndefined({ logicalId, wanted: text }) };
}

/** Gives the bucket the policy that the template declares. */
export async function restorePolicy({ clients }: StackWork, { bucket, wanted }: PolicyDrift): Promise<void> {
  const { PutBucketPolicyCommand } = await import('@aws-sdk/client-s3');
  await onAws(`Restoring the policy of the bucket ${bucket}`, () =>
    clients.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: wanted })),
  );
}
