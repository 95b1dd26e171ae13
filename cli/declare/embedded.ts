import { type Command as Commander, Option } from 'commander';
import { SHELLS } from '../local-cloud/environment.ts';
import { type Act, define, everywhere, portNumber } from './shared.ts';

/** The commands that need no AWS account. */
export function declareEmbedded(root: Commander, act: Act): void {
  root.commandsGroup('Without AWS:');
  everywhere(define(root, 'demo', 'the whole story in a minute, on an embedded cloud of its own')).action(
    (_given, command) =>
      act(async () => (await import('../commands/demo.ts')).demo, {}, command.optsWithGlobals()),
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
  ).action((given, command) => act(async () => (await load()).start, given, command.optsWithGlobals()));
  everywhere(define(local, 'stop', 'stop it; what it holds stays')).action((_given, command) =>
    act(async () => (await load()).stop, {}, command.optsWithGlobals()),
  );
  everywhere(define(local, 'status', 'print whether it runs, and where')).action((_given, command) =>
    act(async () => (await load()).status, {}, command.optsWithGlobals()),
  );
  everywhere(
    define(local, 'env', 'print shell commands that make AWS tools use it', [
      'eval "$(edge-upload local env)"',
      'edge-upload local env --shell fish | source',
      'edge-upload local env --shell powershell | Out-String | Invoke-Expression',
    ]).addOption(
      new Option('--shell <shell>', 'the syntax of the commands (sh; on Windows powershell)').choices(SHELLS),
    ),
  ).action((given, command) => act(async () => (await load()).env, given, command.optsWithGlobals()));
  everywhere(
    define(local, 'reset', 'stop it and delete all that it holds').option('-y, --yes', 'do not ask'),
  ).action((given, command) => act(async () => (await load()).reset, given, command.optsWithGlobals()));
}
