import { ACCOUNT_ID, REGION } from '../../account.ts';
import { AwsError } from '../../wire/errors.ts';
import { behaviorsOf, type DistributionConfig, type StoredDistribution } from '../model.ts';

/** Returns the versions that a configuration associates. */
export function associated(config: DistributionConfig): string[] {
  return behaviorsOf(config).flatMap(({ viewerRequest }) => viewerRequest ?? []);
}

/**
 * Returns the versions with replicas after a change from `before` to `after`. Versions that lost their last association
 * keep their replicas until `until` (ms). Versions that are associated again, and those whose time is over, are left out.
 */
export function heldReplicas(
  held: Readonly<Record<string, number>>,
  before: Readonly<Record<string, StoredDistribution>>,
  after: Readonly<Record<string, StoredDistribution>>,
  times: { readonly now: number; readonly until: number },
): Record<string, number> {
  const versions = (distributions: Readonly<Record<string, StoredDistribution>>) =>
    new Set(Object.values(distributions).flatMap(({ config }) => associated(config)));
  const running = versions(after);
  const released = [...versions(before)].filter((arn) => !running.has(arn));
  const all = { ...held, ...Object.fromEntries(released.map((arn) => [arn, times.until])) };
  return Object.fromEntries(
    Object.entries(all).filter(([arn, until]) => !running.has(arn) && until > times.now),
  );
}

/** The properties of a published version that CloudFront checks. */
export interface FunctionVersion {
  readonly runtime: string;
  /** MB */
  readonly memorySize: number;
  /** Seconds. */
  readonly timeout: number;
  readonly roleArn: string;
  /** Bytes of the deployment package. */
  readonly codeSize: number;
  readonly environment: Readonly<Record<string, string>> | undefined;
}

export interface FunctionLookup {
  describeVersion(versionArn: string): FunctionVersion | undefined;
  /** Service principals that are allowed to assume the role; `undefined` if it does not exist. */
  trustedServices(roleArn: string): readonly string[] | undefined;
}

const ARN = /^arn:aws:lambda:([a-z0-9-]+):(\d{12}):function:[A-Za-z0-9_-]{1,64}(?::([A-Za-z0-9$_-]+))?$/;

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-lambda-at-edge */
const MAX_MEMORY_MB = 128;
const MAX_TIMEOUT_S = 30;
const MAX_CODE_BYTES = 52_428_800;

/**
 * Refuses a function version that cannot run on viewer requests, with CloudFront's messages.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html
 */
export function checkAssociation(arn: string, functions: FunctionLookup): void {
  const [, region, account, version] = ARN.exec(arn) ?? [];
  if (region === undefined) throw refused(`The function ARN is not valid. ARN: ${arn}`);
  if (region !== REGION) throw refused(`The function must be in region '${REGION}'. ARN: ${arn}`);
  if (version === undefined || !/^[1-9]\d*$/.test(version)) {
    throw refused(
      `The function ARN must reference a specific function version. (The ARN must end with the version number.) ARN: ${arn}`,
    );
  }
  const found = account === ACCOUNT_ID ? functions.describeVersion(arn) : undefined;
  if (found === undefined) {
    throw refused(
      `Lambda@Edge cannot retrieve the specified Lambda function. Update the IAM policy to add permission: lambda:GetFunction for resource: ${arn} and try again.`,
    );
  }
  checkLimit('memory size is larger than the maximum allowed size', found.memorySize, MAX_MEMORY_MB, arn);
  checkLimit('timeout is larger than the maximum allowed', found.timeout, MAX_TIMEOUT_S, arn);
  checkLimit('code size is larger than the maximum allowed size', found.codeSize, MAX_CODE_BYTES, arn);
  if (Object.keys(found.environment ?? {}).length > 0) {
    throw refused(`The function cannot have environment variables. Function: ${arn}`);
  }
  if (!/^(nodejs|python)/.test(found.runtime)) {
    throw refused(`The function runtime is not supported by Lambda@Edge: ${found.runtime} Function: ${arn}`);
  }
  const trusted = functions.trustedServices(found.roleArn) ?? [];
  if (!['lambda.amazonaws.com', 'edgelambda.amazonaws.com'].every((service) => trusted.includes(service))) {
    throw refused(
      `The function execution role must be assumable with edgelambda.amazonaws.com as well as lambda.amazonaws.com principals. Update the IAM role and try again. Role: ${found.roleArn}`,
    );
  }
}

function checkLimit(what: string, value: number, max: number, arn: string): void {
  if (value <= max) return;
  throw refused(
    `The function ${what} for functions that are triggered by a CloudFront event: ${value} Max allowed: ${max} Function: ${arn}`,
  );
}

const refused = (message: string) => new AwsError('InvalidLambdaFunctionAssociation', message);
