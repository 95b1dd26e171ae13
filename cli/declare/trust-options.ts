import type { Command as Commander, OptionValues } from '@commander-js/extra-typings';
import { operated, option, several } from './shared.ts';

/** Adds the options of every `trust <provider>`. */
export function trusted<Args extends unknown[], Options extends OptionValues, Globals extends OptionValues>(
  command: Commander<Args, Options, Globals>,
) {
  return operated(
    command
      .option('--alias <name>', "short name of the issuer: of {issuer}, and of the uploader's stamp")
      .addOption(option('--audience <value>', "aud of its tokens (the edge's address)").argParser(several))
      .addOption(
        option('--when <claim=value>', 'only tokens with this claim (repeatable)').argParser(several),
      )
      .option('--write-to <prefix>', 'the prefix of keys, such as {issuer}/{sub}/')
      .option('--max-size <size>', 'refuse larger objects, such as 500M or 5G')
      .option('--no-clobber', 'never overwrite an object')
      .option('--shared', 'callers of other issuers may write the same keys')
      .option('-y, --yes', 'do not ask')
      .option('-n, --dry-run', 'show what would be changed, and change nothing'),
  );
}
