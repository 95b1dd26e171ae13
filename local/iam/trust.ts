import { ACCOUNT_ID } from '../account.ts';
import type { JsonObject } from '../json.ts';
import { readStatements, type Statement } from '../policy/statement.ts';
import { malformed } from './identity-policy.ts';

/** Maximum characters of a trust policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const LIMIT = 2048;
const PRINCIPAL_KINDS = ['AWS', 'CanonicalUser', 'Federated', 'Service'];
const SERVICE = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$/;
const ACTIONS =
  /^sts:(\*|AssumeRole|AssumeRoleWithSAML|AssumeRoleWithWebIdentity|TagSession|SetSourceIdentity|SetContext)$/;

const ACCOUNT_PRINCIPALS = [ACCOUNT_ID, `arn:aws:iam::${ACCOUNT_ID}:root`];

function statementsOf(document: JsonObject): Statement[] {
  return readStatements(document, { elements: ['Principal', 'Action'], malformed });
}

/** Refuses trust policies that IAM refuses. */
export function checkTrustPolicy(document: JsonObject): void {
  if (JSON.stringify(document).length > LIMIT) {
    throw malformed(`Cannot exceed quota for ACLSizePerRole: ${LIMIT}`);
  }
  for (const { actions, principals } of statementsOf(document)) {
    if (!actions.names.every((action) => ACTIONS.test(action))) {
      throw malformed('AssumeRole policy may only specify STS AssumeRole actions.');
    }
    const wrong = principals?.names.find(
      ({ kind, name }) => !PRINCIPAL_KINDS.includes(kind) || (kind === 'Service' && !SERVICE.test(name)),
    );
    if (wrong !== undefined) {
      throw malformed(`Invalid principal in policy: "${wrong.kind.toUpperCase()}":"${wrong.name}"`);
    }
  }
}

/**
 * Returns the services that can assume the role without any condition. The embedded IAM evaluates no conditions, so a
 * statement with a condition allows nothing. A denial applies with or without conditions; one that cannot be evaluated
 * denies everyone.
 */
export function trustedServicesOf(document: JsonObject): string[] {
  const statements = statementsOf(document);
  const denials = statements.filter(({ effect }) => effect === 'Deny');
  if (denials.some(({ principals, actions }) => isForEveryone(principals) || actions.negated)) return [];
  const denied = denials.flatMap((statement) => namesOf(statement, 'Service'));
  return statements
    .filter(({ effect, isConditional }) => effect === 'Allow' && !isConditional)
    .flatMap((statement) => namesOf(statement, 'Service'))
    .filter((service) => !denied.includes(service));
}

function isForEveryone(principals: Statement['principals']): boolean {
  return principals?.negated === true || principals?.names.some(({ name }) => name === '*') === true;
}

/**
 * Whether the account's principals can assume the role, if their own policies allow it. Only statements without
 * conditions count. A role with any denial cannot be assumed.
 */
export function trustsAccount(document: JsonObject): boolean {
  const statements = statementsOf(document);
  if (statements.some(({ effect }) => effect === 'Deny')) return false;
  return statements.some(
    (statement) =>
      !statement.isConditional && namesOf(statement, 'AWS').some((name) => ACCOUNT_PRINCIPALS.includes(name)),
  );
}

/** Principals of a kind that a statement names for sts:AssumeRole. */
function namesOf({ principals, actions }: Statement, wanted: 'AWS' | 'Service'): string[] {
  const isAssuming = actions.names.some((name) => name === 'sts:AssumeRole' || name === 'sts:*');
  if (!isAssuming || actions.negated || principals === undefined || principals.negated) return [];
  return principals.names.filter(({ kind }) => kind === wanted).map(({ name }) => name);
}
