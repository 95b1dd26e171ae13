import type { Command as Commander, OptionValues } from '@commander-js/extra-typings';
import { Option } from 'commander';
import type { OptionFlags } from '../stack/options/asked-options.ts';
import { kindOf, nameOf, OPTION_NAMES } from '../stack/options/kinds.ts';
import { pairs, several } from './shared.ts';
import { suggesting } from './suggested-values.ts';

/** Adds the options of a deployment. Each is stored with it, so that a later deploy does not need it again. */
export function stackOptions<
  Args extends unknown[],
  Options extends OptionValues,
  Globals extends OptionValues,
>(command: Commander<Args, Options, Globals>): Commander<Args, Options & OptionFlags, Globals> {
  command.optionsGroup('Options stored with the deployment (those not given stay as they are):');
  for (const name of OPTION_NAMES) {
    const { flag, argument, summary, off, repeats, choices } = kindOf(name);
    const option = new Option(
      argument === undefined ? flag : `${flag} ${argument}`,
      repeats === undefined ? summary : `${summary} (repeatable)`,
    );
    if (repeats === 'list') option.argParser(several);
    if (repeats === 'pairs') option.argParser(pairs);
    if (choices !== undefined) suggesting(option, choices);
    command.addOption(option);
    if (off !== undefined) command.addOption(new Option(`--no-${nameOf(name)}`, off));
  }
  const unset = new Option('--unset <option>', 'Reset an option, such as max-size (repeatable)').argParser(
    several,
  );
  command.addOption(suggesting(unset, OPTION_NAMES.map(nameOf)));
  // Commander infers the types of options only from literals.
  return command as Commander<Args, Options & OptionFlags, Globals>;
}
