import type { Command as Commander, OptionValues } from '@commander-js/extra-typings';
import { operated, option, several } from './shared.ts';

/** Adds the options of every `trust <provider>`. */
export function trusted<Args extends unknown[], Options extends OptionValues, Globals extends OptionValues>(
  command: Commander<Args, Options, Globals>,
) {
  return operated(
    command
      .option('--alias <name>', 'Short name of the issuer, for {issuer} and uploaded-by')
      .addOption(
        option('--audience <value>', "Audience of its tokens (default: the edge's address)").argParser(
          several,
        ),
      )
      .addOption(
        option('--when <claim=value>', 'Only tokens with this claim (repeatable)').argParser(several),
      )
      .option('--write-to <prefix>', 'Prefix of all keys, such as {issuer}/{sub}/')
      .option('--max-size <size>', 'Refuse larger objects, such as 500M or 5G')
      .option('--no-clobber', 'Never overwrite an object')
      .option('--shared', 'Let callers of other issuers write the same keys')
      .option('-y, --yes', 'Do not ask')
      .option('-n, --dry-run', 'Show what would change; change nothing'),
  );
}
