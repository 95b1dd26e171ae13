import { ACCOUNT_ID } from '../account.ts';
import type { JsonObject } from '../json.ts';
import {
  type Condition,
  type ConditionContext,
  conditionHolds,
  readCondition,
} from '../policy/conditions.ts';
import {
  covers,
  decision,
  type NamedPrincipal,
  readStatements,
  refuseNegations,
  type Statement,
} from '../policy/statement.ts';
import { AwsError, notSupported } from '../wire/errors.ts';

/** The service that publishes, and the resource that it publishes for. */
export interface Publisher {
  readonly service: string;
  readonly sourceArn: string;
}

const invalid = (message: string) => new AwsError('InvalidParameter', `Invalid parameter: ${message}`);

const GRAMMAR = {
  elements: ['Principal', 'Action', 'Resource'],
  malformed: (message: string) => invalid(`Policy Error: ${message}`),
} as const;

/** @throws AwsError for a policy that cannot be evaluated */
export function readTopicPolicy(
  document: JsonObject,
): { readonly statement: Statement; readonly conditions: readonly Condition[] }[] {
  return readStatements(document, GRAMMAR).map((statement) => {
    refuseNegations(statement, 'a topic policy');
    const other = statement.principals?.names.find(({ kind }) => kind !== 'AWS' && kind !== 'Service');
    if (other !== undefined) throw notSupported(`a principal of the kind ${other.kind} in a topic policy`);
    if (!statement.actions.names.every((action) => /^(\*|sns:[A-Za-z*]+)$/i.test(action))) {
      throw invalid('Policy statement action out of service scope!');
    }
    const { malformed } = GRAMMAR;
    return { statement, conditions: statement.conditions.map((one) => readCondition(one, malformed)) };
  });
}

/** Whether a service is allowed to publish. Without a policy, only the account is allowed to. */
export function mayPublish(policy: JsonObject | undefined, publisher: Publisher, topicArn: string): boolean {
  if (policy === undefined) return false;
  const { service, sourceArn } = publisher;
  const context: ConditionContext = {
    'aws:securetransport': 'true',
    'aws:sourcearn': sourceArn,
    'aws:sourceaccount': ACCOUNT_ID,
    'aws:principalisawsservice': 'true',
    'aws:principalservicename': service,
  };
  const isPrincipal = ({ kind, name }: NamedPrincipal) =>
    name === '*' || (kind === 'Service' && name === service);
  const subject = { isPrincipal, action: 'sns:Publish', resource: topicArn };
  const applying = readTopicPolicy(policy).filter(
    ({ statement, conditions }) =>
      covers(statement, subject) && conditions.every((one) => conditionHolds(one, (key) => context[key])),
  );
  return decision(applying.map(({ statement }) => statement)) === 'Allow';
}
