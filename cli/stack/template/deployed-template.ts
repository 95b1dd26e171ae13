import { onAws } from '../aws-failures.ts';
import type { StackWork } from '../stack-work.ts';

/** Returns the template that the stack was made from, as it was sent. */
export async function deployedTemplate({ clients, stackName }: StackWork, stackId: string): Promise<string> {
  const { GetTemplateCommand } = await import('@aws-sdk/client-cloudformation');
  const { TemplateBody = '{}' } = await onAws(`Reading the template of the stack “${stackName}”`, () =>
    clients.cloudformation.send(new GetTemplateCommand({ StackName: stackId, TemplateStage: 'Original' })),
  );
  return TemplateBody;
}
