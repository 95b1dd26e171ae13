import { randomUUID } from 'node:crypto';
import type { Change, DescribeChangeSetCommandOutput } from '@aws-sdk/client-cloudformation';
import { UserError } from '../errors.ts';
import { onAws } from './aws-failures.ts';
import { pause, pollInterval, type StackWork } from './operation.ts';

/** A change set that is ready to be applied. */
export interface PlannedChange {
  readonly stackId: string;
  readonly changeSetId: string;
  readonly changes: readonly Change[];
}

const NO_CHANGES = /didn't contain changes|No updates are to be performed/;

/** Has CloudFormation work out what a template would change; `undefined` when it would change nothing. */
export async function planChange(
  work: StackWork,
  template: string,
  type: 'CREATE' | 'UPDATE',
): Promise<PlannedChange | undefined> {
  const { clients, stackName } = work;
  const { CreateChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  const created = await onAws(`Planning the change of the stack “${stackName}”`, () =>
    clients.cloudformation.send(
      new CreateChangeSetCommand({
        StackName: stackName,
        ChangeSetName: `edge-upload-${randomUUID()}`,
        ChangeSetType: type,
        TemplateBody: template,
        Capabilities: ['CAPABILITY_IAM'],
        Description: 'edge-upload deploy',
      }),
    ),
  );
  const changeSetId = created.Id ?? '';
  const described = await settled(work, changeSetId);
  const stackId = described.StackId ?? created.StackId ?? '';
  if (described.Status === 'CREATE_COMPLETE')
    return { stackId, changeSetId, changes: described.Changes ?? [] };
  await discardChange(work, changeSetId);
  if (NO_CHANGES.test(described.StatusReason ?? '')) return undefined;
  throw new UserError(
    'stack_failed',
    `CloudFormation cannot plan the change of the stack “${stackName}”: ${described.StatusReason ?? described.Status}`,
    { hint: 'Nothing was changed. Run the same command again with --debug to see more.' },
  );
}

async function settled(work: StackWork, changeSetId: string): Promise<DescribeChangeSetCommandOutput> {
  const { DescribeChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  for (;;) {
    const described = await onAws('Reading the change set', () =>
      work.clients.cloudformation.send(new DescribeChangeSetCommand({ ChangeSetName: changeSetId })),
    );
    if (!/^(CREATE_PENDING|CREATE_IN_PROGRESS)$/.test(described.Status ?? '')) return described;
    await pause(pollInterval(work), work.context.signal, 'Nothing was changed. Type the same command again.');
  }
}

/** Starts a planned change; its events carry the token that comes back. */
export async function executeChange({ clients }: StackWork, { changeSetId }: PlannedChange): Promise<string> {
  const { ExecuteChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  const token = `edge-upload-${randomUUID()}`;
  await onAws('Applying the change', () =>
    clients.cloudformation.send(
      new ExecuteChangeSetCommand({ ChangeSetName: changeSetId, ClientRequestToken: token }),
    ),
  );
  return token;
}

export async function discardChange({ clients }: StackWork, changeSetId: string): Promise<void> {
  const { DeleteChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  await onAws('Discarding the change set', () =>
    clients.cloudformation.send(new DeleteChangeSetCommand({ ChangeSetName: changeSetId })),
  );
}

/** `create the bucket`, `replace the user pool`: one change in words, the shouting ones marked. */
export function isReplacement({ ResourceChange }: Change): boolean {
  return ResourceChange?.Replacement === 'True';
}
