import type { JsonObject } from '../json.ts';
import { type JsonFile, JsonRecords } from '../json-file.ts';
import { AwsError } from '../wire/errors.ts';

/** AWS managed policies that functions and their roles commonly have, without `arn:aws:iam::aws:policy/`. */
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

/** Maximum policies attached to one role: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const LIMIT = 10;

/** Refuses unknown policies. The embedded IAM has no customer managed policies. */
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

/**
 * Maximum characters of all inline policies of a role:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const INLINE_LIMIT = 10_240;

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  /** The create request that created it, so that a repeated request finds it. */
  readonly creator: string;
  readonly trust: JsonObject;
  /** Inline policies of the role resource, by name. */
  readonly policies: Readonly<Record<string, JsonObject>>;
  /** Inline policies of AWS::IAM::Policy resources, by name. */
  readonly addedPolicies: Readonly<Record<string, JsonObject>>;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Returns all inline policies of a role. */
export function inlinePolicies({
  policies,
  addedPolicies,
}: Pick<Role, 'policies' | 'addedPolicies'>): JsonObject[] {
  return Object.values({ ...policies, ...addedPolicies });
}

/** The account's roles, by name. */
export class Roles extends JsonRecords<Role> {
  constructor(file: JsonFile<readonly Role[]>) {
    super(file, ({ name }) => name);
  }

  /** @throws AwsError `NoSuchEntity` */
  get(name: string): Role {
    const role = this.find(name);
    if (role !== undefined) return role;
    throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
  }

  findByArn(arn: string): Role | undefined {
    return this.all().find((role) => role.arn === arn);
  }
}
