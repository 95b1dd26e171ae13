import { table } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import { resourceName } from '../../ui/resource-words.ts';
import { callerIdentity, isRoot } from '../aws-calls.ts';
import type { FoundStack, StackResource, StackWork } from '../find-stack.ts';
import { isExtra } from '../policy/extra-statements.ts';
import { accessDenied, actionNames, deniedTo, type Needed } from './simulation.ts';

interface Deletion {
  readonly actions: readonly string[];
  /** @param pool id of the stack's user pool, which can be kept */
  readonly arn: (id: string, account: string, pool: string | undefined) => string | undefined;
}

const poolArn = (id: string, account: string) => `arn:aws:cognito-idp:us-east-1:${account}:userpool/${id}`;

/** Returns the deletion of a part of the user pool. Its permission is one on the pool. */
const ofPool = (action: string): Deletion => ({
  actions: [action],
  arn: (_id, account, pool) => pool && poolArn(pool, account),
});

/** What CloudFormation calls to delete a resource, from the handlers of the types. `destroy` itself deletes functions. */
const DELETING = table<Deletion>({
  'AWS::S3::Bucket': { actions: ['s3:DeleteBucket'], arn: (id) => `arn:aws:s3:::${id}` },
  'AWS::S3::BucketPolicy': { actions: ['s3:DeleteBucketPolicy'], arn: (id) => `arn:aws:s3:::${id}` },
  'AWS::Cognito::UserPool': { actions: ['cognito-idp:DeleteUserPool'], arn: poolArn },
  'AWS::Cognito::UserPoolClient': ofPool('cognito-idp:DeleteUserPoolClient'),
  'AWS::Cognito::UserPoolDomain': ofPool('cognito-idp:DeleteUserPoolDomain'),
  'AWS::Cognito::UserPoolIdentityProvider': ofPool('cognito-idp:DeleteIdentityProvider'),
  'AWS::CloudFront::Distribution': {
    actions: ['cloudfront:UpdateDistribution', 'cloudfront:DeleteDistribution'],
    arn: (id, account) => `arn:aws:cloudfront::${account}:distribution/${id}`,
  },
  'AWS::CloudFront::OriginAccessControl': {
    actions: ['cloudfront:DeleteOriginAccessControl'],
    arn: (id, account) => `arn:aws:cloudfront::${account}:origin-access-control/${id}`,
  },
  'AWS::CloudFront::ResponseHeadersPolicy': {
    actions: ['cloudfront:DeleteResponseHeadersPolicy'],
    arn: (id, account) => `arn:aws:cloudfront::${account}:response-headers-policy/${id}`,
  },
  'AWS::IAM::Role': {
    actions: ['iam:DeleteRolePolicy', 'iam:DeleteRole'],
    arn: (id, account) => `arn:aws:iam::${account}:role/${id}`,
  },
  'AWS::Lambda::Function': {
    actions: ['lambda:DeleteFunction'],
    arn: (id, account) => `arn:aws:lambda:us-east-1:${account}:function:${id}`,
  },
  'AWS::SNS::Topic': { actions: ['sns:DeleteTopic'], arn: (id) => id },
  'AWS::SNS::Subscription': { actions: ['sns:Unsubscribe'], arn: (id) => id },
  'AWS::Events::Rule': {
    actions: ['events:RemoveTargets', 'events:DeleteRule'],
    arn: (id, account) => `arn:aws:events:us-east-1:${account}:rule/${id}`,
  },
  'AWS::GuardDuty::MalwareProtectionPlan': {
    actions: ['guardduty:DeleteMalwareProtectionPlan'],
    arn: (id, account) => `arn:aws:guardduty:us-east-1:${account}:malware-protection-plan/${id}`,
  },
  'AWS::KMS::Key': {
    actions: ['kms:ScheduleKeyDeletion'],
    arn: (id, account) => `arn:aws:kms:us-east-1:${account}:key/${id}`,
  },
});

function deletion(
  { type, physicalId = '' }: StackResource,
  account: string,
  pool: string | undefined,
): (Needed & { readonly type: string })[] {
  const { actions = [], arn } = DELETING[type] ?? {};
  const resource = physicalId === '' ? undefined : arn?.(physicalId, account, pool);
  return resource === undefined ? [] : [{ type, actions, resource }];
}

/**
 * Refuses a deletion for which the caller, or the stack's own role, lacks a permission. Refuses nothing if the
 * simulation is not available.
 * @throws {UserError} `access_denied`
 */
export async function refuseUnpermitted(
  work: StackWork,
  { roleArn, outputs }: FoundStack,
  doomed: readonly StackResource[],
): Promise<void> {
  const caller = await callerIdentity(work);
  if (isRoot(caller)) return;
  const needed = doomed.flatMap((one) => deletion(one, caller.account, outputs.userPoolId));
  const refused = await deniedTo(work, caller, needed, roleArn);
  const [first] = refused.denied;
  if (first === undefined) return;
  const lacking = needed.find(
    ({ actions, resource }) => resource === first.resource && actions.includes(first.action),
  );
  throw accessDenied(
    refused,
    `${roleArn ?? caller.arn} is not allowed to delete the ${resourceName(lacking?.type ?? '')}: ${actionNames(refused.denied)}. Nothing was removed.`,
    [
      'Ask the administrator of the AWS account for the whole policy:',
      command`edge-upload policy ${isExtra(first) ? ['--extras'] : []}`,
    ],
  );
}
