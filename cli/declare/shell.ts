import type { Command as Commander } from '@commander-js/extra-typings';
import type { Command as UntypedCommander } from 'commander';
import { COMPLETED_SHELLS, COMPLETIONS } from '../completions/shells.ts';
import { type Act, type CommandGroup, define, everywhere } from '../program.ts';

function declareCompletion(root: Commander, act: Act): void {
  const completion = define(root, 'completion', 'Complete commands with the TAB key').helpCommand(false);
  for (const shell of COMPLETED_SHELLS) {
    const { name, example } = COMPLETIONS[shell];
    everywhere(define(completion, shell, `Print the script for ${name}`, [example])).action((given) =>
      act(async () => (await import('../commands/shell/completion.ts')).completion, { ...given, shell }),
    );
  }
  // Run by the scripts. Completes the commands of the program.
  root
    .command('complete', { hidden: true })
    .argument('[word...]')
    .action((words) =>
      act(async () => (await import('../commands/shell/completion.ts')).complete, {
        // The package with the types contains no code.
        root: root as unknown as UntypedCommander,
        words,
      }),
    );
}

/** The commands that make a shell complete this one. */
export const SHELL: CommandGroup = { heading: 'In a shell:', commands: { completion: declareCompletion } };
