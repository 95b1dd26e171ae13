import type { Command as Commander, OptionValues } from '@commander-js/extra-typings';
import { Option } from 'commander';
import { type Act, define, everywhere, inLocalCloud, profile, suggesting } from '../program.ts';
import { KINDS, OPTION_NAMES, optionName } from '../stack/options/kinds.ts';
import type { OptionFlags } from '../stack/options/merge-options.ts';
import { filled, nameValues, several } from './values.ts';

/** Adds the options of a deployment. Each is stored with it, so that a later deploy does not need it again. */
function stackOptions<Args extends unknown[], Options extends OptionValues, Globals extends OptionValues>(
  command: Commander<Args, Options, Globals>,
): Commander<Args, Options & OptionFlags, Globals> {
  command.optionsGroup('Options stored with the deployment (those not given stay as they are):');
  for (const name of OPTION_NAMES) {
    const { flag, argument, summary, off, repeats, choices } = KINDS[name];
    const option = new Option(
      argument === undefined ? flag : `${flag} ${argument}`,
      repeats === undefined ? summary : `${summary} (repeatable)`,
    );
    if (repeats === 'list') option.argParser(several);
    if (repeats === 'pairs') option.argParser(nameValues);
    if (choices !== undefined) suggesting(option, choices);
    command.addOption(option);
    if (off !== undefined) command.addOption(new Option(`--no-${optionName(name)}`, off));
  }
  const unset = new Option('--unset <option>', 'Reset an option, such as max-size (repeatable)').argParser(
    several,
  );
  command.addOption(suggesting(unset, OPTION_NAMES.map(optionName)));
  // Commander infers the types of options only from literals.
  return command as Commander<Args, Options & OptionFlags, Globals>;
}

export function declareDeploy(root: Commander, act: Act): void {
  stackOptions(
    everywhere(
      define(root, 'deploy', 'Create or update the stack: bucket, user pool, edge', [
        'edge-upload deploy',
        'edge-upload deploy --local      (no AWS account needed)',
        "edge-upload deploy --max-size 5G --write-to '{username}/'",
        'edge-upload deploy --unset max-size',
        'edge-upload deploy --file edge-upload.yaml --dry-run',
      ])
        .option('--local', 'Deploy to the embedded cloud on this computer')
        .option('--file <path>', 'Read all options from this file (status --yaml prints one)', filled)
        .option('-y, --yes', 'Do not ask')
        .option('--allow-data-loss', 'With --yes: even if users or objects are lost')
        .option('--allow-downgrade', 'Even if a later edge-upload deployed the stack')
        .option('-n, --dry-run', 'Show what would change; change nothing')
        .option('--revert-drift', 'Also undo what was changed in AWS outside edge-upload')
        .addOption(profile()),
    ),
  ).action((given) => act(async () => (await import('../commands/deploy.ts')).deploy, given));
}

/** Shows what `deploy` would apply. */
export function declareSynth(root: Commander, act: Act): void {
  stackOptions(
    everywhere(
      define(root, 'synth', 'Print the template that deploy would apply')
        .addOption(inLocalCloud())
        .addOption(profile()),
    ),
  ).action((given) => act(async () => (await import('../commands/synth.ts')).synth, given));
}
