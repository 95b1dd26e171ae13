import { command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { readYamlText } from '../../settings/yaml-file.ts';
import { JOB_COMMANDS } from '../../trust/ci-issuers.ts';
import { discoverKeySets } from '../../trust/discovery.ts';
import { readTrustFile } from '../../trust/trust-file.ts';
import type { ApplyArgs } from '../deploy.ts';
import { applyTrust } from './apply.ts';

export interface FileArgs extends ApplyArgs {
  readonly file?: string;
  /** A word that is not the name of a provider. */
  readonly unknown?: string;
}

/** Trusts the issuers of a file, and no others. */
export async function file(context: Context, args: FileArgs): Promise<Result> {
  const { unknown } = args;
  if (args.file === undefined || unknown !== undefined) {
    const problem = unknown === undefined ? '' : `There is no provider “${unknown}”. `;
    throw new UserError('usage', `${problem}Name a provider, or a file of issuers.`, {
      hint: [
        'Such as one of:',
        command`edge-upload trust entra <tenant> --client-id <id>`,
        JOB_COMMANDS.github,
        command`edge-upload trust --file trust.yaml`,
        'See all:',
        command`edge-upload trust --help`,
      ],
    });
  }
  const text = await readYamlText(context, args.file, [
    'Write one:',
    command`edge-upload trust list --yaml > ${args.file}`,
  ]);
  const issuers = await readTrustFile(text, args.file);
  return applyTrust(context, args, (_kept, documents) => discoverKeySets(issuers, documents));
}
