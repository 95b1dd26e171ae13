import { dirname, resolve } from 'node:path';
import type { TrustedKeys } from '../../../infra/edge-code.ts';
import type { StackOptions } from '../../../infra/options.ts';
import { command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { readYamlText } from '../../settings/yaml-file.ts';
import { readDeployment } from '../../stack/deployment-file.ts';
import type { StackWork } from '../../stack/find-stack.ts';
import { OPTION_NAMES, optionName } from '../../stack/options/kinds.ts';
import {
  mergeOptions,
  type OptionFlags,
  refuseOnAwsOnly,
  typedOptions,
} from '../../stack/options/merge-options.ts';
import { readLogo } from '../../stack/options/page-logo.ts';
import { discoverKeySets } from '../../trust/discovery.ts';
import { openDocuments } from '../../trust/documents.ts';
import { planTrust, withTrust } from '../trust/plan.ts';

/** The content of a deployment file. */
export interface FileChange {
  readonly given: StackOptions;
  readonly change: (
    previous: StackOptions,
    work: StackWork,
  ) => Promise<{ readonly options: StackOptions; readonly keySets: TrustedKeys['keySets'] }>;
}

/**
 * Reads a deployment file before anything is sent. Options and issuers that it omits are removed; signing keys are kept.
 * @param path as typed
 * @throws {UserError} `usage` for a file that cannot be used, and for options beside it
 */
export async function fromFile(
  context: Context,
  path: string,
  args: OptionFlags & { readonly dryRun?: boolean },
): Promise<FileChange> {
  refuseBeside(path, args);
  const text = await readYamlText(context, path, [
    'Write one, or print one of what is deployed:',
    command`echo ${'max-size: 5G'} > ${path}`,
    command`edge-upload status --yaml > ${path}`,
  ]);
  // A path in a file is relative to the file's folder.
  const cwd = dirname(resolve(context.cwd, path));
  const { options: given, issuers } = await readDeployment(text, path, (logo) => readLogo({ cwd }, logo));
  if (args.local) refuseOnAwsOnly(given);
  const absent = OPTION_NAMES.filter((option) => given[option] === undefined);
  return {
    given,
    async change(previous, work) {
      const trust = await discoverKeySets(issuers, openDocuments(context, work.local !== undefined));
      const options = mergeOptions(withTrust(previous, trust), given, absent);
      const { keySets } = await planTrust(work, previous, options, args);
      return { options, keySets };
    },
  };
}

/** Refuses options beside the file: the next deploy of the file alone would reset them. */
function refuseBeside(path: string, flags: OptionFlags): void {
  const [option] = typedOptions(flags);
  const { unset = [] } = flags;
  if (option === undefined && unset.length === 0) return;
  const flag = option === undefined ? '--unset' : `--${optionName(option)}`;
  throw new UserError('usage', `${flag} is not used with --file: the file has all options.`, {
    hint: [`Change ${path}, and deploy it:`, command`edge-upload deploy --file ${path}`],
  });
}
