import { command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { OperatorArgs, OperatorTarget } from '../operator.ts';

/** A deployment in the embedded cloud and one on AWS have different names: commands find them by it. */
export function refuseOtherCloud(
  { inUse }: Context,
  { stackName, known }: OperatorTarget,
  { local = false }: OperatorArgs,
): void {
  if (known === undefined || (known.local !== undefined) === local) return;
  // Each command says where.
  inUse.set({ stackName, operated: true });
  const where = known.local === undefined ? 'on AWS' : 'in the embedded cloud of this computer';
  throw new UserError('usage', `“${stackName}” is a deployment ${where}.`, {
    hint: [
      'Deploy it there again, or deploy here under another name:',
      command`edge-upload deploy ${local ? [] : ['--local']}`,
      command`edge-upload deploy --stack-name <name> ${local ? ['--local'] : []}`,
    ],
  });
}
