import type { KeyMetadata } from '@aws-sdk/client-kms';
import { command, type HintLine } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import type { JsonValue } from '../../json-value.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { callerIdentity, ifAllowed, ifThere, onAws } from '../aws-calls.ts';
import { awsFailure } from '../aws-failures.ts';
import { type FoundStack, physicalIds, resourcesIfThere, type StackWork } from '../find-stack.ts';
import { describeKey, REPAIRS } from '../kms-keys.ts';
import { readOptions } from '../options/deployed-options.ts';
import { readingSettings, unlessNamed } from './bucket.ts';
import type { Check, StackSnapshot } from './check.ts';

const LIST = command`aws kms list-keys --region ${STACK_REGION}`;
const CHOOSE = ['List the keys of your account, and choose another one:', LIST];

/** Returns why S3 cannot encrypt uploads with a key, and what to do; `undefined` if it can. */
function defectOf(
  arn: string,
  { KeyState, KeySpec, KeyUsage, KeyManager }: KeyMetadata,
): { readonly why: string; readonly hint: readonly HintLine[] } | undefined {
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
  if (KeySpec !== 'SYMMETRIC_DEFAULT' || KeyUsage !== 'ENCRYPT_DECRYPT')
    return { why: `has the spec ${KeySpec}; S3 encrypts only with SYMMETRIC_DEFAULT`, hint: CHOOSE };
  if (KeyManager === 'AWS')
    return { why: 'is managed by AWS; its policy cannot allow CloudFront to use it', hint: CHOOSE };
  if (KeyState === 'Disabled') {
    const { why, commands } = REPAIRS.Disabled;
    return { why, hint: ['Enable it, or choose another one:', ...commands(arn)] };
  }
  if (KeyState === 'PendingDeletion') {
    const { why, commands } = REPAIRS.PendingDeletion;
    return { why, hint: ['Cancel its deletion, or choose another key:', ...commands(arn)] };
  }
  return KeyState === 'Enabled' ? undefined : { why: `is ${KeyState}`, hint: CHOOSE };
}

/**
 * Returns KMS's metadata of a key.
 * @throws {UserError} `usage` for a key that does not exist
 */
async function metadataOf(work: StackWork, arn: string): Promise<KeyMetadata | undefined> {
  try {
    return await describeKey(work, arn);
  } catch (error) {
    if ((error as Error).name === 'NotFoundException') {
      throw new UserError('usage', `There is no KMS key ${arn}.`, { hint: CHOOSE, cause: error });
    }
    const failure = awsFailure(error, `Looking up the key ${arn}`);
    if (failure.code !== 'access_denied') throw failure;
    work.context.ui.event({
      type: 'note',
      text: `The key ${arn} was not checked: kms:DescribeKey is not allowed. If it is disabled, uploads fail.`,
    });
    return undefined;
  }
}

/** Returns the KMS key that a bucket was set to encrypt with outside edge-upload; `undefined` if S3's own keys encrypt. */
async function keySetByHand({ clients }: StackWork, bucket: string): Promise<string | undefined> {
  const { GetBucketEncryptionCommand } = await import('@aws-sdk/client-s3');
  const read = () => clients.s3.send(new GetBucketEncryptionCommand({ Bucket: bucket }));
  const found = await onAws(readingSettings(bucket), () =>
    unlessNamed(['ServerSideEncryptionConfigurationNotFoundError'], read),
  );
  const [rule] = found?.ServerSideEncryptionConfiguration?.Rules ?? [];
  const { SSEAlgorithm = '', KMSMasterKeyID } = rule?.ApplyServerSideEncryptionByDefault ?? {};
  return SSEAlgorithm.startsWith('aws:kms') ? (KMSMasterKeyID ?? 'alias/aws/s3') : undefined;
}

/** Checks a key that encrypts uploads. @param setBy who chose it, as the end of a sentence */
async function checkKey(work: StackWork, key: string, setBy: string, hint: readonly HintLine[]) {
  const metadata = await metadataOf(work, key);
  if (metadata === undefined) return { skipped: `not allowed to read its state (kms:DescribeKey)${setBy}` };
  const defect = defectOf(key, metadata);
  if (defect === undefined) return { found: `${key} is enabled${setBy}` };
  throw new UserError('stack_failed', `The key ${key} ${defect.why}. Uploads fail.`, {
    hint: [...defect.hint, ...hint],
  });
}

/** Checks that S3 can encrypt uploads with the KMS key of the deployment, or with the one that the bucket was set to by hand. */
export function encryptionKeyCheck(work: StackWork, snapshot: StackSnapshot): Check {
  return {
    name: 'encryption key',
    run: async () => {
      const template = await snapshot.template();
      const { kmsKeyArn } = template === undefined ? {} : readOptions(template);
      if (kmsKeyArn !== undefined) return checkKey(work, kmsKeyArn, '', []);
      const { bucket } = (await snapshot.stack())?.outputs ?? {};
      const key = bucket && (await ifThere(() => ifAllowed(() => keySetByHand(work, bucket))));
      if (bucket === undefined || key === undefined) return { skipped: 'no --kms-key is set' };
      if (key === 'denied') return { skipped: 'not allowed (s3:GetEncryptionConfiguration)' };
      const byHand = '; it was set outside edge-upload, and its policy must allow CloudFront to use it';
      return checkKey(work, key, byHand, [
        `It was set outside edge-upload. To encrypt with S3's own keys:`,
        command`aws s3api delete-bucket-encryption --bucket ${bucket}`,
      ]);
    },
  };
}

/**
 * Refuses KMS keys with which uploads would fail: keys of another account, whose policy the operator cannot change, and
 * keys that S3 cannot use.
 * @throws {UserError} `usage`
 */
export async function refuseUnusableKey(work: StackWork, kmsKeyArn: string): Promise<void> {
  const { account } = await callerIdentity(work);
  const owner = kmsKeyArn.split(':')[4];
  if (owner !== account) {
    throw new UserError(
      'usage',
      `The key ${kmsKeyArn} belongs to the account ${owner}. The deployment is in the account ${account}.`,
      { hint: ['List the keys of your account:', LIST] },
    );
  }
  // The embedded cloud refuses the option by name.
  const metadata = work.local === undefined ? await metadataOf(work, kmsKeyArn) : undefined;
  const defect = metadata && defectOf(kmsKeyArn, metadata);
  if (defect === undefined) return;
  throw new UserError('usage', `The key ${kmsKeyArn} ${defect.why}. Nothing was changed.`, {
    hint: defect.hint,
  });
}

/** What the policy of a KMS key needs for a deployment. */
interface KeyPolicy {
  readonly statement: JsonValue;
  /** For people. */
  readonly lines: readonly string[];
}

/**
 * Returns the statement that allows CloudFront to encrypt uploads with the deployment's KMS key, and to read their parts.
 * `undefined` before there is a distribution.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
 */
export async function keyPolicyFor(
  work: StackWork,
  stack: FoundStack | undefined,
  kmsKeyArn: string,
): Promise<KeyPolicy | undefined> {
  const [distribution] = physicalIds(await resourcesIfThere(work, stack), 'AWS::CloudFront::Distribution');
  if (distribution === undefined) return undefined;
  const account = kmsKeyArn.split(':')[4];
  const statement = {
    Sid: 'EdgeUpload',
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: '*',
    Condition: {
      StringEquals: { 'AWS:SourceArn': `arn:aws:cloudfront::${account}:distribution/${distribution}` },
    },
  };
  return {
    statement,
    lines: [
      `Uploads fail until the policy of the key ${kmsKeyArn} has this statement:`,
      ...JSON.stringify(statement, undefined, 2)
        .split('\n')
        .map((line) => `  ${line}`),
    ],
  };
}
