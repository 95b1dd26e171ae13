import type {
  OptionValues,
  Command as TypedCommander,
  Option as TypedOption,
} from '@commander-js/extra-typings';
import { Option } from 'commander';

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
