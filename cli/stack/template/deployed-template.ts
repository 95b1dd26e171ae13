import { onAws } from '../aws-failures.ts';
import type { FoundStack } from '../find-stack.ts';
import type { StackWork } from '../stack-work.ts';

/** A stack, and the template that it was made from. */
export interface DeployedStack {
  readonly stack: FoundStack;
  readonly template: string;
}

/** Returns the template that the stack was made from, as it was sent. */
export async function deployedTemplate({ clients, stackName }: StackWork, stackId: string): Promise<string> {
  const { GetTemplateCommand } = await import('@aws-sdk/client-cloudformation');
  const { TemplateBody = '{}' } = await onAws(`Reading the template of the stack “${stackName}”`, () =>
    clients.cloudformation.send(new GetTemplateCommand({ StackName: stackId, TemplateStage: 'Original' })),
  );
  return TemplateBody;
}

/** Returns the template of a stack. `undefined` where there is none, or one that is only planned, which has no template. */
export async function templateIfThere(
  work: StackWork,
  stack: FoundStack | undefined,
): Promise<string | undefined> {
  if (stack === undefined || stack.status === 'REVIEW_IN_PROGRESS') return undefined;
  return deployedTemplate(work, stack.id);
}
