import { isObject, parseObject } from '../../json.ts';
import { accessDenied } from '../errors.ts';
import { type Condition, like, malformedPolicy, readCondition } from './conditions.ts';

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly principals: Match & { readonly of: readonly PolicyPrincipal[] };
  readonly actions: Match & { readonly of: readonly string[] };
  readonly resources: Match & { readonly of: readonly string[] };
  readonly conditions: readonly Condition[];
}

/** Whether a statement covers what it lists or, with `NotAction` and the like, everything else. */
interface Match {
  readonly negated: boolean;
}

export type PolicyPrincipal =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'AWS'; readonly value: string }
  | { readonly kind: 'Service'; readonly value: string };

type Fields = Readonly<Record<string, unknown>>;

const VERSIONS = ['2012-10-17', '2008-10-17'];
const STATEMENT_FIELDS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

/**
 * Parses a bucket policy. Refuses everything that the embedded S3 cannot evaluate, so that evaluation never fails.
 *
 * @throws AwsError `MalformedPolicy`
 */
export function parsePolicy(text: string, bucket: string): readonly Statement[] {
  const policy: Fields = parseObject(text, notJson);
  for (const name of Object.keys(policy)) {
    if (!['Version', 'Id', 'Statement'].includes(name)) throw malformedPolicy(`Unknown field ${name}`);
  }
  const version = policy.Version;
  if (version !== undefined && !(typeof version === 'string' && VERSIONS.includes(version))) {
    throw malformedPolicy('The policy must contain a valid version string');
  }
  const statements = Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement];
  if (policy.Statement === undefined || statements.length === 0) {
    throw malformedPolicy('Missing required field Statement');
  }
  return statements.map((statement) => readStatement(asFields(statement), bucket));
}

function readStatement(fields: Fields, bucket: string): Statement {
  for (const name of Object.keys(fields)) {
    if (!STATEMENT_FIELDS.has(name)) throw malformedPolicy(`Unknown field ${name}`);
  }
  const { Effect: effect } = fields;
  if (effect !== 'Allow' && effect !== 'Deny') throw malformedPolicy(`Invalid effect: ${String(effect)}`);
  const [principalText, notPrincipal] = either(fields, 'Principal');
  if (notPrincipal && effect === 'Allow') throw malformedPolicy('Allow with NotPrincipal is not allowed');
  const [actionText, notAction] = either(fields, 'Action');
  const [resourceText, notResource] = either(fields, 'Resource');
  const actions = strings(actionText, 'action');
  const resources = strings(resourceText, 'resource');
  if (!actions.every((action) => action === '*' || /^s3:[A-Za-z*?]+$/i.test(action))) {
    throw malformedPolicy('Policy has invalid action');
  }
  if (!resources.every((resource) => isResourceOf(resource, bucket))) {
    throw malformedPolicy('Policy has invalid resource');
  }
  return {
    effect,
    principals: { negated: notPrincipal, of: readPrincipals(principalText) },
    actions: { negated: notAction, of: actions },
    resources: { negated: notResource, of: resources },
    conditions: readConditions(fields.Condition),
  };
}

function either(
  fields: Fields,
  name: 'Principal' | 'Action' | 'Resource',
): [value: unknown, negated: boolean] {
  const plain = fields[name];
  const negated = fields[`Not${name}`];
  if ((plain === undefined) === (negated === undefined)) {
    throw malformedPolicy(`Missing required field ${name}`);
  }
  return plain === undefined ? [negated, true] : [plain, false];
}

function readPrincipals(value: unknown): PolicyPrincipal[] {
  if (value === '*') return [{ kind: 'everyone' }];
  const principals = Object.entries(asFields(value)).flatMap(([kind, names]) =>
    strings(names, 'principal').map((name): PolicyPrincipal => {
      if (kind === 'AWS' && name === '*') return { kind: 'everyone' };
      if (kind === 'AWS' && isAccountPrincipal(name)) return { kind: 'AWS', value: name };
      if (kind === 'Service' && /^[a-z0-9.-]+\.amazonaws\.com$/.test(name))
        return { kind: 'Service', value: name };
      throw malformedPolicy('Invalid principal in policy');
    }),
  );
  if (principals.length === 0) throw malformedPolicy('Invalid principal in policy');
  return principals;
}

function isAccountPrincipal(name: string): boolean {
  return /^(\d{12}|arn:aws:iam::\d{12}:(root|user\/\S+|role\/\S+)|arn:aws:sts::\d{12}:assumed-role\/\S+)$/.test(
    name,
  );
}

function isResourceOf(resource: string, bucket: string): boolean {
  const [own, ...path] = resource.split('/');
  return path.length === 0
    ? like(`arn:aws:s3:::${bucket}`, resource)
    : like(`arn:aws:s3:::${bucket}`, own ?? '');
}

function readConditions(value: unknown): Condition[] {
  if (value === undefined) return [];
  return Object.entries(asFields(value)).flatMap(([operator, keys]) =>
    Object.entries(asFields(keys)).map(([key, values]) =>
      readCondition(operator, key, strings(values, 'condition', ['boolean', 'number'])),
    ),
  );
}

function strings(value: unknown, what: string, alsoTaken: readonly string[] = []): string[] {
  const list = Array.isArray(value) ? value : [value];
  const valid = list.every((item) => typeof item === 'string' || alsoTaken.includes(typeof item));
  if (!valid || list.length === 0) throw malformedPolicy(`Policy has invalid ${what}`);
  return list.map(String);
}

function asFields(value: unknown): Fields {
  if (isObject(value)) return value as Fields;
  throw notJson();
}

function notJson() {
  return malformedPolicy("Policies must be valid JSON and the first byte must be '{'");
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html */
const MAX_POLICY_BYTES = 20 * 1024;

/** Condition keys that, with fixed values, keep a statement for everyone from being public. */
const RESTRICTING = ['aws:sourcearn', 'aws:sourceaccount', 'aws:principalaccount'];

/**
 * Refuses policies that S3 refuses.
 *
 * @throws AwsError `MalformedPolicy`, or `AccessDenied` for a public policy: every bucket blocks public access, like
 * new buckets on AWS
 */
export function checkPolicy(text: string, bucket: string): void {
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES) {
    throw malformedPolicy('Policy exceeds the maximum allowed document size.');
  }
  if (parsePolicy(text, bucket).some(isPublic)) throw accessDenied();
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status */
function isPublic({ effect, principals, conditions }: Statement): boolean {
  const forEveryone = principals.of.some(({ kind }) => kind === 'everyone');
  const restricted = conditions.some(
    ({ operator, ifExists, key, values }) =>
      RESTRICTING.includes(key) &&
      !ifExists &&
      ['StringEquals', 'StringLike', 'ArnEquals', 'ArnLike'].includes(operator) &&
      values.every((value) => !/[*?]/.test(value)),
  );
  return effect === 'Allow' && forEveryone && !restricted;
}
