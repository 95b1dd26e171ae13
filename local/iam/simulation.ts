import { list, required, text, withDefault } from '../shape.ts';
import { AwsError } from '../wire/errors.ts';
import { isAllowedBy, missingContext } from './identity-policy.ts';
import { operation } from './operation.ts';
import { inlinePolicies } from './roles.ts';

export const simulation = {
  /**
   * Returns one result for each action and resource, all on one page.
   * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
   */
  SimulatePrincipalPolicy: operation(
    {
      PolicySourceArn: required(text()),
      ActionNames: withDefault(list(text()), []),
      ResourceArns: withDefault(list(text()), []),
    },
    ({ permissions: { caller, denies }, roles }, { PolicySourceArn: source, ActionNames, ResourceArns }) => {
      if (!/^arn:aws:iam::\d{12}:(user|group|role)\/.+/.test(source)) {
        throw new AwsError(
          'InvalidInput',
          `Invalid Entity Arn: ${source} does not clearly define entity type and name.`,
        );
      }
      const role = roles.findByArn(source);
      if (role === undefined && source !== caller().arn) {
        throw new AwsError('NoSuchEntity', `The entity with ARN ${source} cannot be found.`, 404);
      }
      const wrong = ActionNames.find((action) => !/^[a-zA-Z0-9-]+:[a-zA-Z0-9]+$/.test(action));
      if (wrong !== undefined || ActionNames.length === 0) {
        throw new AwsError('InvalidInput', `Invalid Action Name: ${wrong ?? 'none'}`);
      }
      const policies = role === undefined ? [] : inlinePolicies(role);
      const isDenied = (action: string, resource: string) =>
        role === undefined
          ? denies(action, () => ({ resource }))
          : !isAllowedBy(policies, action, { resource });
      return {
        IsTruncated: false,
        EvaluationResults: ActionNames.flatMap((action) =>
          (ResourceArns.length === 0 ? ['*'] : ResourceArns).map((resource) => ({
            EvalActionName: action,
            EvalResourceName: resource,
            EvalDecision: isDenied(action, resource) ? 'implicitDeny' : 'allowed',
            MissingContextValues: missingContext(policies, action, resource),
          })),
        ),
      };
    },
  ),
};
