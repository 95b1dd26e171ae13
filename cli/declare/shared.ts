import type { Command as Commander, OptionValues, Option as TypedOption } from '@commander-js/extra-typings';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from '../context.ts';
import { UserError } from '../errors.ts';

/** The options that every command takes, as typed. */
export interface GlobalFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  readonly color?: boolean;
  readonly stackName?: string;
}

/** The options of an operator's command, as typed. */
export interface OperatorFlags {
  readonly local?: boolean;
  readonly profile?: string;
}

/** Runs a command with its options as commander read them. Its code is loaded only now, so that help stays quick. */
export type Act = <Args>(
  load: () => Promise<Command<Args>>,
  given: NoInfer<Args> & GlobalFlags,
) => Promise<void>;

/** Adds commands to the program. */
export type Declare = (root: Commander, act: Act) => void;

/** Commands under one heading of the help, by their names. */
export interface CommandGroup {
  readonly heading: string;
  readonly commands: Readonly<Record<string, Declare>>;
}

function declareGroup({ heading, commands }: CommandGroup): Declare {
  return (root, act) => {
    root.commandsGroup(heading);
    for (const declare of Object.values(commands)) declare(root, act);
  };
}

/** Returns the command of a name alone; all of them, for the help and for suggestions, if none has the name. */
export function commandsFor(groups: readonly CommandGroup[], name = ''): readonly Declare[] {
  const found = groups.find(({ commands }) => Object.hasOwn(commands, name))?.commands[name];
  return found === undefined ? groups.map(declareGroup) : [found];
}

/** Returns a new subcommand with its one-line summary, and examples below its help. */
export function define<Usage extends string>(
  parent: Commander,
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
>(command: Commander<Args, Options, Globals>) {
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
  command: Commander<Args, Options, Globals>,
) {
  return everywhere(command.addOption(inLocalCloud()).addOption(profile()));
}

export const verbose = (summary: string) => option('-v, --verbose', summary);

/** Collects `name=value`, given once or more; each name once. */
export function nameValues(
  value: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const at = value.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Use name=value.');
  const name = value.slice(0, at);
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`“${name}” is given twice.`);
  return { ...before, [name]: value.slice(at + 1) };
}

/** Collects the values of an option given once or more. */
export function several(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/**
 * Checks the text of a key or of its beginning. Node replaces bytes that are not valid UTF-8, so that two such keys could
 * become one, and the second file would replace the first.
 */
export function keyText(value: string): string {
  if (!value.includes('\ufffd')) return value;
  throw new InvalidArgumentError('Use valid UTF-8.');
}

export function portNumber(value: string): number {
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number <= 65_535) return number;
  throw new InvalidArgumentError('Use a port number, up to 65535.');
}

/** @throws {UserError} `usage` for an unknown word */
export function oneOf<T extends string>(
  typed: string | undefined,
  known: readonly T[],
  flag: string,
): T | undefined {
  const value = known.find((one) => one === typed?.toLowerCase());
  if (typed === undefined || value !== undefined) return value;
  throw new UserError('usage', `Invalid value for ${flag}: “${typed}”.`, {
    hint: `Use one of: ${known.join(', ')}`,
  });
}

/** @throws {UserError} `usage` */
export function wholeNumber(typed: string | undefined, flag: string, least: number, most: number) {
  if (typed === undefined) return undefined;
  const value = Number(typed);
  if (/^\d+$/.test(typed) && value >= least && value <= most) return value;
  throw new UserError('usage', `Invalid value for ${flag}: “${typed}”.`, {
    hint: `Use a whole number from ${least} to ${most}.`,
  });
}

const MAX_SECONDS = 86_400;

/**
 * Returns milliseconds.
 * @throws {UserError} `usage`
 */
export function seconds(typed: string | undefined, flag: string): number | undefined {
  if (typed === undefined) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(typed) && Number(typed) <= MAX_SECONDS) return Number(typed) * 1000;
  throw new UserError('usage', `Invalid value for ${flag}: “${typed}”.`, {
    hint: `Use seconds, up to ${MAX_SECONDS} (one day).`,
  });
}

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
