import type { Command as Commander } from '@commander-js/extra-typings';
import { SHELLS } from '../local-cloud/environment.ts';
import { type Act, type CommandGroup, define, everywhere, option } from '../program.ts';
import { portNumber } from './values.ts';

function declareDemo(root: Commander, act: Act): void {
  everywhere(define(root, 'demo', 'Try it all in a minute, on an embedded cloud')).action((given) =>
    act(async () => (await import('../commands/demo.ts')).demo, given),
  );
}

function declareLocal(root: Commander, act: Act): void {
  const local = define(root, 'local', 'Manage the embedded cloud on this computer').helpCommand(false);
  const load = () => import('../commands/local.ts');
  everywhere(
    define(local, 'start', 'Start the embedded cloud')
      .option('--port <number>', 'Port of its AWS endpoint (default: the last one, else 4599)', portNumber)
      .option('--well-known-keys', 'Also accept well-known access keys such as test/test; for tests only'),
  ).action((given) => act(async () => (await load()).start, given));
  everywhere(define(local, 'stop', 'Stop the embedded cloud; its data is kept')).action((given) =>
    act(async () => (await load()).stop, given),
  );
  everywhere(define(local, 'status', 'Show whether the embedded cloud runs, and where')).action((given) =>
    act(async () => (await load()).status, given),
  );
  everywhere(
    define(local, 'env', 'Print shell commands that make AWS tools use the embedded cloud', [
      'eval "$(edge-upload local env)"',
      'edge-upload local env --shell fish | source',
      'edge-upload local env --shell powershell | Out-String | Invoke-Expression',
    ]).addOption(
      option('--shell <shell>', 'Syntax of the commands (sh; on Windows powershell)').choices(SHELLS),
    ),
  ).action((given) => act(async () => (await load()).env, given));
  everywhere(
    define(local, 'reset', 'Stop the embedded cloud and delete its data').option('-y, --yes', 'Do not ask'),
  ).action((given) => act(async () => (await load()).reset, given));
}

/** The commands that need no AWS account. */
export const EMBEDDED: CommandGroup = {
  heading: 'Without AWS:',
  commands: { demo: declareDemo, local: declareLocal },
};
