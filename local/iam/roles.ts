import { ACCOUNT_ID } from '../account.ts';
import type { JsonObject } from '../json.ts';
import { type JsonFile, JsonRecords } from '../json-file.ts';
import { integer, text, withDefault } from '../shape.ts';
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
const INLINE_LIMIT = 10_240;

/** @throws AwsError `LimitExceeded` */
export function checkInlineSize(documents: readonly JsonObject[], roleName = ''): void {
  const size = documents.reduce((sum, one) => sum + JSON.stringify(one).length, 0);
  if (size <= INLINE_LIMIT) return;
  const message = `Maximum policy size of ${INLINE_LIMIT} bytes exceeded for role ${roleName}`;
  throw new AwsError('LimitExceeded', message.trimEnd(), 409);
}

export const roleName = text({ pattern: /[\w+=,.@-]{1,64}/ });
export const policyName = text({ pattern: /[\w+=,.@-]{1,128}/ });
export const rolePath = withDefault(text({ max: 512, pattern: /\/|\/[\u0021-\u007e]+\// }), '/');

/** Maximum seconds of a role's sessions. */
export const maxSessionDuration = withDefault(integer({ min: 3600, max: 43_200 }), 3600);
export const roleDescription = text({ max: 1000, pattern: /[\t\n\r\u0020-\u007e\u00a1-\u00ff]*/ });

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  /** The create request that created it, so that a repeated request finds it. */
  readonly creator: string;
  /** ISO 8601. */
  readonly created: string;
  readonly description?: string;
  /** Seconds. */
  readonly maxSessionDuration: number;
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

export const hasPolicies = () =>
  new AwsError('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409);

/** The account's roles, by name. Names that differ only in case cannot both exist. */
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

  /** @throws AwsError `EntityAlreadyExists` */
  create({ path, ...role }: Omit<Role, 'arn' | 'addedPolicies'> & { readonly path: string }): Role {
    const { name } = role;
    if (this.all().some((other) => other.name.toLowerCase() === name.toLowerCase())) {
      throw new AwsError('EntityAlreadyExists', `Role with name ${name} already exists.`, 409);
    }
    return this.save({ ...role, arn: `arn:aws:iam::${ACCOUNT_ID}:role${path}${name}`, addedPolicies: {} });
  }

  findByArn(arn: string): Role | undefined {
    return this.all().find((role) => role.arn === arn);
  }
}
