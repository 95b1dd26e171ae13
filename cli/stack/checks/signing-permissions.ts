import type { StackOptions } from '../../../infra/options.ts';
import { callerIdentity, isRoot } from '../aws-calls.ts';
import type { FoundStack, StackWork } from '../find-stack.ts';
import { createsSigningKey } from '../signing/signing-options.ts';
import { accessDenied, actionNames, deniedTo, type Needed } from './simulation.ts';

/**
 * Refuses options with a new signing key if the caller lacks a permission to create it or sign with it. Refuses nothing if the
 * simulation is not available.
 * @throws {UserError} `access_denied`
 */
export async function refuseUnsignable(
  work: StackWork,
  stack: FoundStack | undefined,
  { previous, options }: Readonly<Record<'previous' | 'options', StackOptions>>,
): Promise<void> {
  if (work.local !== undefined || !createsSigningKey(previous, options)) return;
  const caller = await callerIdentity(work);
  if (isRoot(caller)) return;
  const { roleArn, outputs: { bucket } = {} } = stack ?? {};
  const key = `arn:aws:kms:us-east-1:${caller.account}:key/x`;
  const needed: Needed[] = [
    // With a role of the stack, CloudFormation does not use the caller's permissions.
    ...(roleArn === undefined ? [{ actions: ['kms:CreateKey'], resource: '*' }] : []),
    { actions: [...(roleArn === undefined ? ['kms:TagResource'] : []), 'kms:GetPublicKey'], resource: key },
    // The first signing key is created for a link or key, which is recorded and signed next.
    ...(previous.signing === undefined ? [{ actions: ['kms:Sign'], resource: key }] : []),
    ...(previous.signing === undefined && bucket !== undefined
      ? [{ actions: ['s3:PutObject'], resource: `arn:aws:s3:::${bucket}/.well-known/edge-upload/tokens/x` }]
      : []),
  ];
  const refused = await deniedTo(work, caller, needed);
  if (refused.denied.length === 0) return;
  throw accessDenied(
    refused,
    `${caller.arn} does not have the permissions for links and keys: ${actionNames(refused.denied)}. Nothing was changed.`,
  );
}
