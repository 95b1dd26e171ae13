import { ACCOUNT_ID } from '../../account.ts';
import type { Principal } from '../../auth/identities.ts';
import { type ConditionContext, conditionHolds, type Lookup, like } from './conditions.ts';
import type { PolicyPrincipal, Statement } from './parse.ts';

/** A request to check against a policy. */
export interface Access {
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
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function isAllowed(access: Access, policy: readonly Statement[]): boolean {
  if (access.principal.kind === 'anonymous') return false;
  const ofPrincipal = principalContext(access.principal);
  const context: Lookup = (key) => (Object.hasOwn(ofPrincipal, key) ? ofPrincipal[key] : access.context[key]);
  const applying = policy.filter((statement) => applies(statement, access, context));
  if (applying.some(({ effect }) => effect === 'Deny')) return false;
  return access.principal.kind === 'account' || applying.some(({ effect }) => effect === 'Allow');
}

function applies(statement: Statement, access: Access, context: Lookup): boolean {
  const { principals, actions, resources, conditions } = statement;
  const action = access.action.toLowerCase();
  return (
    principals.of.some((named) => isPrincipal(named, access.principal)) !== principals.negated &&
    actions.of.some((pattern) => like(action, pattern.toLowerCase())) !== actions.negated &&
    resources.of.some((pattern) => like(access.resource, pattern)) !== resources.negated &&
    conditions.every((condition) => conditionHolds(condition, context))
  );
}

function isPrincipal(named: PolicyPrincipal, principal: Principal): boolean {
  switch (named.kind) {
    case 'everyone':
      return true;
    case 'Service':
      return principal.kind === 'service' && principal.service === named.value;
    case 'AWS':
      return (
        principal.kind === 'account' && [ACCOUNT_ID, `arn:aws:iam::${ACCOUNT_ID}:root`].includes(named.value)
      );
  }
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
