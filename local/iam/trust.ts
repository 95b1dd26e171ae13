import { ACCOUNT_ID } from '../account.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { checkFields, malformed, statementsOf, textsOf } from './statement.ts';

/** Maximum characters of a trust policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const LIMIT = 2048;
const PRINCIPAL_KINDS = ['AWS', 'CanonicalUser', 'Federated', 'Service'];
const SERVICE = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$/;
const ACTIONS =
  /^sts:(\*|AssumeRole|AssumeRoleWithSAML|AssumeRoleWithWebIdentity|TagSession|SetSourceIdentity|SetContext)$/;

const ACCOUNT_PRINCIPALS = [ACCOUNT_ID, `arn:aws:iam::${ACCOUNT_ID}:root`];

/** Refuses trust policies that IAM refuses. */
export function checkTrustPolicy(document: JsonObject): void {
  if (JSON.stringify(document).length > LIMIT) {
    throw malformed(`Cannot exceed quota for ACLSizePerRole: ${LIMIT}`);
  }
  for (const statement of statementsOf(document)) {
    checkFields(statement, {
      pairs: [
        ['Principal', 'NotPrincipal'],
        ['Action', 'NotAction'],
      ],
      prohibited: ['Resource', 'NotResource'],
    });
    const actions = textsOf(statement.Action ?? statement.NotAction);
    if (!actions.every((action) => ACTIONS.test(action))) {
      throw malformed('AssumeRole policy may only specify STS AssumeRole actions.');
    }
    checkPrincipal(statement.Principal ?? statement.NotPrincipal);
  }
}

function checkPrincipal(principal: JsonObject[string] | undefined): void {
  if (principal === '*') return;
  if (!isObject(principal)) throw malformed('Invalid principal in policy.');
  for (const [kind, value] of Object.entries(principal)) {
    const names = textsOf(value);
    const wrong = PRINCIPAL_KINDS.includes(kind)
      ? names.find((name) => kind === 'Service' && !SERVICE.test(name))
      : names.join(', ');
    if (wrong !== undefined)
      throw malformed(`Invalid principal in policy: "${kind.toUpperCase()}":"${wrong}"`);
  }
}

/**
 * Returns the services that can assume the role without any condition. The embedded IAM evaluates no conditions, so a
 * statement with a condition allows nothing. A denial applies with or without conditions; one that cannot be evaluated
 * denies everyone.
 */
export function trustedServicesOf(document: JsonObject): string[] {
  const statements = statementsOf(document);
  const denials = statements.filter(({ Effect: effect }) => effect === 'Deny');
  if (
    denials.some(({ Principal: principal, NotAction: other }) => !isObject(principal) || other !== undefined)
  ) {
    return [];
  }
  const denied = denials.flatMap(servicesOf);
  return statements
    .filter(({ Effect: effect, Condition: condition }) => effect === 'Allow' && condition === undefined)
    .flatMap(servicesOf)
    .filter((service) => !denied.includes(service));
}

/**
 * Whether the account's principals can assume the role, if their own policies allow it. Only statements without
 * conditions count. A role with any denial cannot be assumed.
 */
export function trustsAccount(document: JsonObject): boolean {
  const statements = statementsOf(document);
  if (statements.some(({ Effect: effect }) => effect === 'Deny')) return false;
  return statements.some(({ Principal: principal, Action: action, Condition: condition }) => {
    const names = isObject(principal) ? textsOf(principal.AWS) : [];
    return (
      isAssuming(action) && condition === undefined && names.some((name) => ACCOUNT_PRINCIPALS.includes(name))
    );
  });
}

/** Whether a statement with this `Action` covers sts:AssumeRole. */
function isAssuming(action: Json | undefined): boolean {
  return textsOf(action).some((name) => name === 'sts:AssumeRole' || name === 'sts:*');
}

/** Services that a statement names for sts:AssumeRole. */
function servicesOf({ Principal: principal, Action: action }: JsonObject): string[] {
  return isAssuming(action) && isObject(principal) ? textsOf(principal.Service) : [];
}
