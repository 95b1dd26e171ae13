import type { Command as TypedCommander } from '@commander-js/extra-typings';
import { Command as Commander, CommanderError } from 'commander';
import { omitUndefined } from '../protocol/fields.ts';
import { InUse } from './command-line.ts';
import type { Context, GlobalOptions, Result } from './context.ts';
import type { Act, Declare, GlobalFlags, OperatorFlags } from './declare/shared.ts';
import { EXIT, type ExitCode } from './errors.ts';
import { packageVersion } from './package-root.ts';
import { renderError } from './ui/error.ts';
import { wrapText } from './ui/format.ts';
import {
  columnsOf,
  lookOf,
  type OutputStream,
  PLAIN,
  printedText,
  Shown,
  shownLines,
  writeLines,
} from './ui/shown.ts';

/** What the process gives the program; the rest of the context is made here from the arguments. */
export type World = Omit<Context, 'options' | 'ui' | 'inUse'>;

/**
 * Runs one command line and returns its exit code. Nothing is thrown.
 * @param commands the commands that can be typed.
 */
export async function run(
  argv: readonly string[],
  world: World,
  commands: readonly Declare[],
): Promise<ExitCode> {
  // Until the arguments are understood, errors are shown as these would have it.
  let options = roughOptions(argv);
  let exitCode: ExitCode = EXIT.done;
  const { platform } = world;
  let inUse = new InUse({ stackName: typedStack(argv) ?? (world.env.EDGE_UPLOAD_STACK || undefined) }, argv, {
    platform,
  });

  const act: Act = async (load, given) => {
    options = globalOptions(given, world);
    const { local, profile }: GlobalFlags & OperatorFlags = given;
    inUse = new InUse({ stackName: options.stackName, local }, argv, { profile, platform });
    const { createUi } = await import('./ui/create.ts');
    const ui = await createUi({ ...world, options, inUse });
    try {
      const command = await load();
      const result = await command({ ...world, options, ui, inUse }, given);
      ui.close();
      print(result, options, world, inUse);
      exitCode = result.exitCode ?? EXIT.done;
    } finally {
      ui.close();
    }
  };

  let help = '';
  const root = program(world, (text) => {
    help = text;
  });
  try {
    for (const declare of commands) declare(root, act);
    await root.parseAsync(await withoutHelp(root, argv), { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    if (error instanceof CommanderError && error.code === 'commander.help') {
      writeHelp(world.stderr, help);
      return EXIT.usage;
    }
    if (!(error instanceof CommanderError)) return renderError(error, options, world, inUse);
    const { usageError } = await import('./declare/usage-error.ts');
    return renderError(usageError(error, root, argv), options, world, inUse);
  }
}

/** Returns the arguments as commander reads them: `help put` is `put --help`. */
async function withoutHelp(root: TypedCommander, argv: readonly string[]): Promise<readonly string[]> {
  if (argv[0] !== 'help' && !argv.includes('--help') && !argv.includes('-h')) return argv;
  const { withoutHelpCommand } = await import('./declare/usage-error.ts');
  return withoutHelpCommand(root, argv);
}

function print(result: Result, options: GlobalOptions, world: World, inUse: InUse): void {
  const { stdout, sent } = world;
  const { text: said } = result;
  const { document, text } = sent.removedFrom({
    document: result.document,
    text: said && printedText(said, inUse),
  });
  if (options.json) writeLines(stdout, [Shown.json(document)]);
  else if (text !== undefined) {
    const wrapped = stdout.isTTY ? wrapText(text, columnsOf(stdout)) : text;
    writeLines(stdout, shownLines(wrapped, lookOf(stdout, { ...world, options })));
  }
}

/** Help is our own text, lines and all. */
function writeHelp(stream: OutputStream, help: string): void {
  writeLines(stream, shownLines(help.replace(/\n$/, '').split('\n'), PLAIN));
}

function globalOptions(flags: GlobalFlags, { env }: Pick<World, 'env'>): GlobalOptions {
  const stackName = flags.stackName ?? (env.EDGE_UPLOAD_STACK || undefined);
  return {
    json: flags.json ?? false,
    quiet: flags.quiet ?? false,
    debug: flags.debug ?? false,
    color: flags.color !== false && !env.NO_COLOR && env.TERM !== 'dumb',
    ...omitUndefined({ stackName }),
  };
}

/** Returns the value of `--stack-name` in a command line that cannot be parsed. */
function typedStack(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => /^--stack-name(?:=|$)/.test(word));
  return argv[at]?.split('=')[1] ?? argv[at + 1 || argv.length];
}

function roughOptions(argv: readonly string[]): GlobalOptions {
  const end = argv.indexOf('--');
  const flags = new Set(end < 0 ? argv : argv.slice(0, end));
  return {
    json: flags.has('--json'),
    quiet: false,
    debug: flags.has('--debug'),
    color: false,
  };
}

/**
 * Returns the program without commands.
 * @param onMissing given the help of a command that cannot be without another.
 */
export function program(
  { stdout, stderr }: Pick<World, 'stdout' | 'stderr'>,
  onMissing: (help: string) => void,
): TypedCommander {
  // The package with the types has no code of its own.
  return (new Commander('edge-upload') as unknown as TypedCommander)
    .description('Upload files to S3 through an authenticated CloudFront edge.')
    .option('-V, --version', 'Print the version')
    .on('option:version', () => {
      writeHelp(stdout, packageVersion());
      throw new CommanderError(0, 'commander.version', '');
    })
    .helpOption('-h, --help', 'Show help')
    .helpCommand('help [command]', 'Show help for a command')
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => writeHelp(stdout, text),
      // Usage errors are shown by renderError, like every other error.
      outputError: () => {},
      writeErr: onMissing,
      getOutHelpWidth: () => Math.min(stdout.columns ?? 80, 100),
      getErrHelpWidth: () => Math.min(stderr.columns ?? 80, 100),
    })
    .exitOverride();
}
