import type { Command as Commander } from '@commander-js/extra-typings';
import { SHELLS } from '../local-cloud/environment.ts';
import { type Act, define, everywhere, option, portNumber } from './shared.ts';

/** The commands that need no AWS account. */
export function declareEmbedded(root: Commander, act: Act): void {
  root.commandsGroup('Without AWS:');
  everywhere(define(root, 'demo', 'the whole story in a minute, on an embedded cloud of its own')).action(
    (given) => act(async () => (await import('../commands/demo.ts')).demo, given),
  );
  const local = define(root, 'local', 'the embedded cloud on this computer').helpCommand(false);
  const load = () => import('../commands/local.ts');
  everywhere(
    define(local, 'start', 'start it, if it is not running')
      .option('--port <number>', 'of its AWS endpoint (the last one, else 4599)', portNumber)
      .option(
        '--well-known-keys',
        'also accept keys that everybody knows, such as test/test: for tests only',
      ),
  ).action((given) => act(async () => (await load()).start, given));
  everywhere(define(local, 'stop', 'stop it; what it holds stays')).action((given) =>
    act(async () => (await load()).stop, given),
  );
  everywhere(define(local, 'status', 'print whether it runs, and where')).action((given) =>
    act(async () => (await load()).status, given),
  );
  everywhere(
    define(local, 'env', 'print shell commands that make AWS tools use it', [
      'eval "$(edge-upload local env)"',
      'edge-upload local env --shell fish | source',
      'edge-upload local env --shell powershell | Out-String | Invoke-Expression',
    ]).addOption(
      option('--shell <shell>', 'the syntax of the commands (sh; on Windows powershell)').choices(SHELLS),
    ),
  ).action((given) => act(async () => (await load()).env, given));
  everywhere(
    define(local, 'reset', 'stop it and delete all that it holds').option('-y, --yes', 'do not ask'),
  ).action((given) => act(async () => (await load()).reset, given));
}
