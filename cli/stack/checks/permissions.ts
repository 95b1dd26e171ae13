import { UserError } from '../../errors.ts';
import { table } from '../../table.ts';
import { resourceName } from '../../ui/resource-words.ts';
import type { FoundStack } from '../find-stack.ts';
import type { StackResource } from '../stack-resources.ts';
import type { StackWork } from '../stack-work.ts';
import { principalOf, whoIsAsking } from './account.ts';

interface Needed {
  readonly actions: readonly string[];
  readonly arn: (id: string, account: string) => string;
}

/** What CloudFormation calls to delete a resource, from the handlers of the types; functions go by `destroy` itself. */
const DELETING = table<Needed>({
  'AWS::S3::Bucket': { actions: ['s3:DeleteBucket'], arn: (id) => `arn:aws:s3:::${id}` },
  'AWS::S3::BucketPolicy': { actions: ['s3:DeleteBucketPolicy'], arn: (id) => `arn:aws:s3:::${id}` },
  'AWS::Cognito::UserPool': {
    actions: ['cognito-idp:DeleteUserPool'],
    arn: (id, account) => `arn:aws:cognito-idp:us-east-1:${account}:userpool/${id}`,
  },
  'AWS::CloudFront::Distribution': {
    actions: ['cloudfront:UpdateDistribution', 'cloudfront:DeleteDistribution'],
    arn: (id, account) => `arn:aws:cloudfront::${account}:distribution/${id}`,
  },
  'AWS::CloudFront::OriginAccessControl': {
    actions: ['cloudfront:DeleteOriginAccessControl'],
    arn: (id, account) => `arn:aws:cloudfront::${account}:origin-access-control/${id}`,
  },
  'AWS::IAM::Role': {
    actions: ['iam:DeleteRolePolicy', 'iam:DeleteRole'],
    arn: (id, account) => `arn:aws:iam::${account}:role/${id}`,
  },
  'AWS::Lambda::Function': {
    actions: ['lambda:DeleteFunction'],
    arn: (id, account) => `arn:aws:lambda:us-east-1:${account}:function:${id}`,
  },
  'AWS::KMS::Key': {
    actions: ['kms:ScheduleKeyDeletion'],
    arn: (id, account) => `arn:aws:kms:us-east-1:${account}:key/${id}`,
  },
});

interface Refused {
  readonly action: string;
  readonly type: string;
  readonly arn: string;
}

async function refusedBy(
  work: StackWork,
  principal: string,
  account: string,
  { type, physicalId = '' }: StackResource,
): Promise<Refused[]> {
  const needed = DELETING[type];
  if (needed === undefined || physicalId === '') return [];
  const { SimulatePrincipalPolicyCommand } = await import('@aws-sdk/client-iam');
  const arn = needed.arn(physicalId, account);
  const { EvaluationResults = [] } = await (await work.clients.iam()).send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: principal,
      ActionNames: [...needed.actions],
      ResourceArns: [arn],
    }),
  );
  return EvaluationResults.flatMap(
    ({ EvalDecision, EvalActionName: action = '', MissingContextValues = [] }) =>
      // A condition on what IAM does not know here, such as a tag, decides later.
      EvalDecision === 'allowed' || MissingContextValues.length > 0 ? [] : [{ action, type, arn }],
  );
}

/**
 * Refuses a deletion for which the caller (or the stack's own role) lacks a permission, as IAM tells of the very
 * resources. Where IAM does not tell, nothing is refused.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
 * @throws {UserError} `access_denied`
 */
export async function refuseUnpermitted(
  work: StackWork,
  stack: FoundStack,
  doomed: readonly StackResource[],
): Promise<void> {
  const caller = await whoIsAsking(work);
  if (/:root$/.test(caller.arn)) return;
  let principal = stack.roleArn;
  let refused: Refused[];
  try {
    const asking = principal ?? (await principalOf(work, caller));
    principal = asking;
    refused = (
      await Promise.all(doomed.map((resource) => refusedBy(work, asking, caller.account, resource)))
    ).flat();
  } catch (error) {
    const text = `IAM does not tell which permissions there are: ${(error as Error).name}`;
    work.context.ui.event({ type: 'debug', text });
    return;
  }
  const [first] = refused;
  if (first === undefined) return;
  throw new UserError(
    'access_denied',
    `${stack.roleArn ?? caller.arn} is not allowed to delete the ${resourceName(first.type)}: ${[...new Set(refused.map(({ action }) => action))].join(', ')}. Nothing was removed.`,
    {
      hint: [
        'Ask the administrator of the AWS account for these permissions; the README has the whole policy. See which policy decides:',
        `  aws iam simulate-principal-policy --policy-source-arn ${principal} --action-names ${first.action} --resource-arns ${first.arn}`,
      ],
    },
  );
}
