import { AwsError } from '../wire/errors.ts';

/** The AWS managed policies that functions and their roles are commonly given, without `arn:aws:iam::aws:policy/`. */
const KNOWN = [
  'AWSLambdaExecute',
  'AWSLambda_FullAccess',
  'AWSLambda_ReadOnlyAccess',
  'AWSXRayDaemonWriteAccess',
  'AdministratorAccess',
  'AmazonS3FullAccess',
  'AmazonS3ReadOnlyAccess',
  'CloudWatchLambdaInsightsExecutionRolePolicy',
  'CloudWatchLogsFullAccess',
  'PowerUserAccess',
  'ReadOnlyAccess',
  'service-role/AWSLambdaBasicExecutionRole',
  'service-role/AWSLambdaRole',
  'service-role/AWSLambdaVPCAccessExecutionRole',
];

/** Policies attached to one role: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const LIMIT = 10;

/** Refuses policies that do not exist, those of the account among them: the embedded IAM has no managed policies of its own. */
export function checkManagedPolicies(arns: readonly string[]): void {
  if (arns.length > LIMIT) {
    throw new AwsError('LimitExceeded', `Cannot exceed quota for PoliciesPerRole: ${LIMIT}`, 409);
  }
  for (const arn of arns) {
    if (!KNOWN.some((name) => arn === `arn:aws:iam::aws:policy/${name}`)) {
      throw new AwsError('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`, 404);
    }
  }
}
