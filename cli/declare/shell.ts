import type { Command as Commander } from '@commander-js/extra-typings';
import type { Command as UntypedCommander } from 'commander';
import { COMPLETED_SHELLS, COMPLETIONS } from '../completions/shells.ts';
import { type Act, define, everywhere } from './shared.ts';

/** The commands that make a shell complete this one. */
export function declareShell(root: Commander, act: Act): void {
  root.commandsGroup('In a shell:');
  const completion = define(root, 'completion', 'Complete commands with the TAB key').helpCommand(false);
  for (const shell of COMPLETED_SHELLS) {
    const { name, example } = COMPLETIONS[shell];
    everywhere(define(completion, shell, `Print the script for ${name}`, [example])).action((given) =>
      act(async () => (await import('../commands/shell/completion.ts')).completion, { ...given, shell }),
    );
  }
  root
    .command('complete', { hidden: true })
    .argument('[word...]')
    .action((words) =>
      act(async () => (await import('../commands/shell/complete.ts')).complete, {
        // The package with the types contains no code.
        root: root as unknown as UntypedCommander,
        words,
      }),
    );
}
