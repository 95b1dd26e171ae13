import type {
  OptionValues,
  Command as TypedCommander,
  Option as TypedOption,
} from '@commander-js/extra-typings';
import { Command, CommanderError, Option } from 'commander';
import { omitUndefined } from '../protocol/fields.ts';
import { InUse } from './command-line.ts';
import type { Context, Command as ContextCommand, GlobalOptions, Result } from './context.ts';
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

/** The options of every command, and those of operators' commands, as typed. */
type GivenFlags = Partial<GlobalOptions> & { readonly local?: boolean; readonly profile?: string };

/** Runs a command with its options as commander read them. Its code is loaded only now, so that help stays quick. */
export type Act = <Args>(
  load: () => Promise<ContextCommand<Args>>,
  given: NoInfer<Args> & Partial<GlobalOptions>,
) => Promise<void>;

/** Adds commands to the program. */
export type Declare = (root: TypedCommander, act: Act) => void;

/** Commands under one heading of the help, by their names. */
export interface CommandGroup {
  readonly heading: string;
  readonly commands: Readonly<Record<string, Declare>>;
}

/** Returns the command of a name alone; all of them, for the help and for suggestions, if none has the name. */
export function commandsFor(groups: readonly CommandGroup[], name = ''): readonly Declare[] {
  const found = groups.find(({ commands }) => Object.hasOwn(commands, name))?.commands[name];
  if (found !== undefined) return [found];
  return groups.map(({ heading, commands }) => (root, act) => {
    root.commandsGroup(heading);
    for (const declare of Object.values(commands)) declare(root, act);
  });
}

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
  const { env, platform } = world;
  const typed = { stackName: typedStack(argv) ?? (env.EDGE_UPLOAD_STACK || undefined) };
  let inUse = new InUse(typed, argv, { platform });

  const act: Act = async (load, given) => {
    options = globalOptions(given, world);
    const { local, profile }: GivenFlags = given;
    inUse = new InUse({ stackName: options.stackName, local }, argv, { profile, platform });
    const { createUi } = await import('./ui/create.ts');
    const ui = await createUi({ ...world, options, inUse });
    try {
      const command = await load();
      const result = await command({ ...world, options, ui, inUse }, given);
      ui.close();
      const { ifUnprinted: text } = result;
      writeLines(world.stdout, resultLines(result, options, world, inUse), () => {
        if (text !== undefined) ui.event({ type: 'warning', text });
      });
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

function resultLines(result: Result, options: GlobalOptions, world: World, inUse: InUse): Shown[] {
  const { stdout, sent } = world;
  const { document, text } = sent.removedFrom({
    document: result.document,
    text: result.text && printedText(result.text, inUse),
  });
  if (options.json) return [Shown.json(document)];
  if (text === undefined) return [];
  const wrapped = stdout.isTTY ? wrapText(text, columnsOf(stdout)) : text;
  return shownLines(wrapped, lookOf(stdout, { ...world, options }));
}

/** Help is our own text, lines and all. */
function writeHelp(stream: OutputStream, help: string): void {
  writeLines(stream, shownLines(help.replace(/\n$/, '').split('\n'), PLAIN));
}

function globalOptions(flags: GivenFlags, { env }: Pick<World, 'env'>): GlobalOptions {
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
  return { json: flags.has('--json'), quiet: false, debug: flags.has('--debug'), color: false };
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
  return (new Command('edge-upload') as unknown as TypedCommander)
    .description('Upload files to S3 through an authenticated CloudFront edge.')
    .option('-V, --version', 'Print the version')
    .on('option:version', () => {
      writeHelp(stdout, packageVersion());
      throw new CommanderError(0, 'commander.version', '');
    })
    .helpOption('-h, --help', 'Show help')
    .helpCommand('help [command]', 'Show help for a command')
    .showSuggestionAfterError(false)
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

/** Returns a new subcommand with its one-line summary, and examples below its help. */
export function define<Usage extends string>(
  parent: TypedCommander,
  usage: Usage,
  summary: string,
  examples: readonly string[] = [],
) {
  const command = parent.command(usage).description(summary).helpOption('-h, --help', 'Show help');
  if (examples.length > 0) {
    command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
  }
  return command;
}

/** Adds the options that every command takes. They come last in its help. */
export function everywhere<
  Args extends unknown[],
  Options extends OptionValues,
  Globals extends OptionValues,
>(command: TypedCommander<Args, Options, Globals>) {
  return command
    .option('--stack-name <name>', 'Deployment to use (or EDGE_UPLOAD_STACK)')
    .option('--json', 'Print results as JSON on stdout')
    .option('-q, --quiet', 'Print only results and errors, no progress')
    .option('--debug', 'Print details and stack traces')
    .option('--no-color', 'Print without colour (or NO_COLOR)');
}

/** Returns an option whose type is known from its flags. */
export function option<Usage extends string>(usage: Usage, summary: string): TypedOption<Usage> {
  return new Option(usage, summary) as unknown as TypedOption<Usage>;
}

export const profile = () => option('--profile <name>', 'AWS profile to use (or AWS_PROFILE)');

export const inLocalCloud = () => option('--local', 'Use the embedded cloud, for an unrecorded deployment');

/** Adds the options of an operator's command that is about an existing deployment. */
export function operated<Args extends unknown[], Options extends OptionValues, Globals extends OptionValues>(
  command: TypedCommander<Args, Options, Globals>,
) {
  return everywhere(command.addOption(inLocalCloud()).addOption(profile()));
}

export const verbose = (summary: string) => option('-v, --verbose', summary);

const suggested = new WeakMap<object, readonly string[]>();

/**
 * Adds the values that TAB suggests for an option. Unlike commander's `choices`, they are neither checked nor shown in the
 * help: the command's own error says more.
 */
export function suggesting<Option extends object>(option: Option, values: readonly string[]): Option {
  suggested.set(option, values);
  return option;
}

export const suggestedValues = (option: object): readonly string[] | undefined => suggested.get(option);
