import { ACCOUNT_ID } from '../account.ts';
import type { Principal } from '../auth/identities.ts';
import { parseObject } from '../json.ts';
import {
  type Condition,
  type ConditionContext,
  conditionHolds,
  type Lookup,
  readCondition,
} from '../policy/conditions.ts';
import {
  covers,
  decision,
  type NamedPrincipal,
  type Statement as PolicyStatement,
  readStatements,
} from '../policy/statement.ts';
import { like } from '../policy/wildcard.ts';
import { AwsError } from '../wire/errors.ts';
import { accessDenied } from './errors.ts';

export interface Statement extends Omit<PolicyStatement, 'conditions'> {
  readonly conditions: readonly Condition[];
}

/** Returns S3's error for an invalid policy. */
const malformed = (message: string) => new AwsError('MalformedPolicy', message);

/** Returns S3's error for text that is not a JSON object. */
export const notJson = () => malformed("Policies must be valid JSON and the first byte must be '{'");

/**
 * Parses a bucket policy. Refuses everything that the embedded S3 cannot evaluate, so that evaluation never fails.
 *
 * @throws AwsError `MalformedPolicy`
 */
export function parsePolicy(text: string, bucket: string): readonly Statement[] {
  const grammar = { elements: ['Principal', 'Action', 'Resource'], malformed } as const;
  return readStatements(parseObject(text, notJson), grammar).map((statement) => {
    const { effect, principals, actions, resources, conditions } = statement;
    if (principals?.negated && effect === 'Allow') throw malformed('Allow with NotPrincipal is not allowed');
    check(principals?.names, isKnownPrincipal, 'Invalid principal in policy');
    check(actions.names, (action) => /^(\*|s3:[A-Za-z*?]+)$/i.test(action), 'Policy has invalid action');
    check(resources?.names, (resource) => isResourceOf(resource, bucket), 'Policy has invalid resource');
    return { ...statement, conditions: conditions.map((condition) => readCondition(condition, malformed)) };
  });
}

function check<T>(names: readonly T[] = [], isValid: (name: T) => boolean, message: string): void {
  if (!names.every(isValid)) throw malformed(message);
}

function isKnownPrincipal({ kind, name }: NamedPrincipal): boolean {
  if (kind === 'Service') return /^[a-z0-9.-]+\.amazonaws\.com$/.test(name);
  const account =
    /^(\*|\d{12}|arn:aws:iam::\d{12}:(root|user\/\S+|role\/\S+)|arn:aws:sts::\d{12}:assumed-role\/\S+)$/;
  return kind === 'AWS' && account.test(name);
}

function isResourceOf(resource: string, bucket: string): boolean {
  const [own = '', ...path] = resource.split('/');
  return like(`arn:aws:s3:::${bucket}`, path.length === 0 ? resource : own);
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
    throw malformed('Policy exceeds the maximum allowed document size.');
  }
  if (parsePolicy(text, bucket).some(isPublic)) throw accessDenied();
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status */
function isPublic({ effect, principals, conditions }: Statement): boolean {
  const restricted = conditions.some(
    ({ operator, ifExists, key, values }) =>
      RESTRICTING.includes(key) &&
      !ifExists &&
      ['StringEquals', 'StringLike', 'ArnEquals', 'ArnLike'].includes(operator) &&
      values.every((value) => !/[*?]/.test(value)),
  );
  return effect === 'Allow' && principals?.names.some(({ name }) => name === '*') === true && !restricted;
}

/** A request to check against a policy. */
interface Access {
  readonly principal: Principal;
  /** For example `s3:PutObject`. */
  readonly action: string;
  /** ARN of the bucket or of the object. */
  readonly resource: string;
  /** Condition keys of the request, except those of its principal. */
  readonly context: ConditionContext;
}

/**
 * Whether S3 allows a request. The account's own keys are allowed everything that no statement denies; services only
 * what a statement allows; anonymous requests nothing, because every bucket of the embedded S3 blocks public access.
 */
export function isAllowed(
  { principal, action, resource, context }: Access,
  policy: readonly Statement[],
): boolean {
  if (principal.kind === 'anonymous') return false;
  const ofPrincipal = principalContext(principal);
  const lookup: Lookup = (key) => (Object.hasOwn(ofPrincipal, key) ? ofPrincipal[key] : context[key]);
  const isPrincipal = (named: NamedPrincipal) => isNamed(named, principal);
  const decided = decision(
    policy.filter(
      (statement) =>
        covers(statement, { isPrincipal, action, resource }) &&
        statement.conditions.every((condition) => conditionHolds(condition, lookup)),
    ),
  );
  return decided === 'Allow' || (decided === undefined && principal.kind === 'account');
}

function isNamed({ kind, name }: NamedPrincipal, principal: Principal): boolean {
  if (name === '*') return true;
  return principal.kind === 'service'
    ? kind === 'Service' && principal.service === name
    : kind === 'AWS' && [ACCOUNT_ID, `arn:aws:iam::${ACCOUNT_ID}:root`].includes(name);
}

/** Condition keys by principal. There are few principals, and every request needs them. */
const contexts = new WeakMap<Principal, ConditionContext>();

function principalContext(principal: Principal): ConditionContext {
  const context = contexts.get(principal) ?? newContext(principal);
  contexts.set(principal, context);
  return context;
}

/** `aws:SecureTransport` is true, because the plain-http loopback endpoint stands for AWS's TLS endpoint. */
function newContext(principal: Principal): ConditionContext {
  const common = {
    'aws:securetransport': 'true',
    's3:tlsversion': '1.3',
    's3:signatureversion': 'AWS4-HMAC-SHA256',
  };
  if (principal.kind !== 'service') {
    return {
      ...common,
      'aws:principalisawsservice': 'false',
      'aws:principalaccount': ACCOUNT_ID,
      'aws:principaltype': 'Account',
    };
  }
  return {
    ...common,
    'aws:principalisawsservice': 'true',
    'aws:principalservicename': principal.service,
    'aws:sourcearn': principal.sourceArn,
    'aws:sourceaccount': principal.sourceAccount,
  };
}
