import { ACCOUNT_ID } from '../account.ts';
import { checkFields, statementsOf, textsOf } from '../iam/statement.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { type ConditionContext, conditionHolds, like, readCondition } from '../s3/policy/conditions.ts';
import { AwsError, notSupported } from '../wire/errors.ts';

/** The service that publishes, and the resource that it publishes for. */
export interface Publisher {
  readonly service: string;
  readonly sourceArn: string;
}

interface Statement {
  readonly isDenied: boolean;
  readonly covers: (publisher: Publisher, topicArn: string) => boolean;
}

function isPrincipal(principal: Json | undefined, service: string): boolean {
  if (principal === '*') return true;
  if (!isObject(principal)) return false;
  return [...textsOf(principal.Service), ...textsOf(principal.AWS)].some(
    (one) => one === service || one === '*',
  );
}

function readStatement(fields: JsonObject): Statement {
  for (const name of ['NotPrincipal', 'NotAction', 'NotResource']) {
    if (fields[name] !== undefined) throw notSupported(`${name} in a topic policy`);
  }
  checkFields(fields, {
    pairs: [
      ['Principal', 'NotPrincipal'],
      ['Action', 'NotAction'],
      ['Resource', 'NotResource'],
    ],
    prohibited: [],
  });
  const actions = textsOf(fields.Action);
  if (!actions.every((action) => /^(\*|sns:[A-Za-z*]+)$/i.test(action))) {
    throw new AwsError(
      'InvalidParameter',
      'Invalid parameter: Policy statement action out of service scope!',
    );
  }
  const resources = textsOf(fields.Resource);
  const conditions = Object.entries(isObject(fields.Condition) ? fields.Condition : {}).flatMap(
    ([operator, keys]) =>
      Object.entries(isObject(keys) ? keys : {}).map(([key, values]) =>
        readCondition(operator, key, textsOf(values)),
      ),
  );
  return {
    isDenied: fields.Effect === 'Deny',
    covers({ service, sourceArn }, topicArn) {
      const context: ConditionContext = {
        'aws:securetransport': 'true',
        'aws:sourcearn': sourceArn,
        'aws:sourceaccount': ACCOUNT_ID,
        'aws:principalisawsservice': 'true',
        'aws:principalservicename': service,
      };
      return (
        isPrincipal(fields.Principal, service) &&
        actions.some((action) => like('sns:publish', action.toLowerCase())) &&
        resources.some((resource) => like(topicArn, resource)) &&
        conditions.every((condition) => conditionHolds(condition, (key) => context[key]))
      );
    },
  };
}

/** @throws AwsError for a policy that cannot be evaluated */
export function readTopicPolicy(document: JsonObject): readonly Statement[] {
  return statementsOf(document).map(readStatement);
}

/** Whether a service is allowed to publish. Without a policy, only the account is allowed to. */
export function mayPublish(policy: JsonObject | undefined, publisher: Publisher, topicArn: string): boolean {
  if (policy === undefined) return false;
  const covering = readTopicPolicy(policy).filter(({ covers }) => covers(publisher, topicArn));
  return covering.length > 0 && covering.every(({ isDenied }) => !isDenied);
}
