import type { Command as Commander } from '@commander-js/extra-typings';
import { UserError } from '../errors.ts';
import { type CommandGroup, commandsFor, type Declare } from '../program.ts';
import { declareDoctor } from './operators.ts';
import { SHELL } from './shell.ts';
import { UPLOADERS } from './uploaders.ts';

/** Commands that need the npm package: those of operators, and the embedded cloud. */
const NOT_STANDALONE: readonly string[] = [
  ...['deploy', 'status', 'logs', 'ls', 'get', 'user', 'trust', 'link', 'key', 'policy', 'destroy', 'synth'],
  ...['demo', 'local'],
];

const INSTALL = 'npm install --global edge-upload';

const CHECKS: CommandGroup = {
  heading: 'If something fails:',
  commands: { doctor: declareDoctor },
};

/** The commands of the standalone program, which runs without Node. */
export const STANDALONE_COMMANDS: readonly Declare[] = [
  ...commandsFor([UPLOADERS, CHECKS, SHELL]),
  declareOthers,
];

/** For commands that this program lacks, prints how to install them. */
function declareOthers(root: Commander): void {
  for (const name of NOT_STANDALONE) {
    root
      .command(name, { hidden: true })
      .description(`Not part of the standalone program; ${INSTALL}`)
      .helpOption(false)
      .allowUnknownOption()
      .argument('[word...]')
      .action(() => {
        throw new UserError('usage', `“${name}” is not part of the standalone program.`, {
          hint: ['The npm package has all commands. It needs Node.js:', INSTALL],
        });
      });
  }
  root.addHelpText('after', `\nCommands for operators are in the npm package: ${INSTALL}`);
}
