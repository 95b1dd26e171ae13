import { type Command as Commander, CommanderError, Option } from 'commander';
import type { Command } from '../context.ts';

/** The options that every command takes, as typed. */
export interface GlobalFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  readonly color?: boolean;
  readonly stackName?: string;
}

/** Runs a command: its code is loaded only now, so that help and version stay quick. */
export type Act = <Args>(load: () => Promise<Command<Args>>, args: Args, flags: GlobalFlags) => Promise<void>;

/** A subcommand with its one-line summary, and examples below its help. */
export function define(
  parent: Commander,
  usage: string,
  summary: string,
  examples: readonly string[] = [],
): Commander {
  const command = parent.command(usage).description(summary).helpOption('-h, --help', 'show help');
  if (examples.length > 0) {
    command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
  }
  return command;
}

/** What every command takes comes last in its help. */
export function everywhere(command: Commander): Commander {
  return command
    .option('--stack-name <name>', 'the deployment to use (as EDGE_UPLOAD_STACK)')
    .option('--json', 'results as JSON on stdout')
    .option('-q, --quiet', 'no progress, only results and errors')
    .option('--debug', 'show what happens underneath')
    .option('--no-color', 'no colour (as NO_COLOR)');
}

export const profile = () => new Option('--profile <name>', 'AWS profile to use (as AWS_PROFILE)');

export const inLocalCloud = () =>
  new Option('--local', 'in the embedded cloud, where the deployment does not tell');

/** Collects `name=value`, given once or more; each name once. */
export function pairs(value: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = value.indexOf('=');
  if (at < 1) throw new CommanderError(2, 'usage', `“${value}” is not of the form name=value`);
  const name = value.slice(0, at);
  if (Object.hasOwn(before, name)) throw new CommanderError(2, 'usage', `“${name}” is given twice`);
  return { ...before, [name]: value.slice(at + 1) };
}

/** Collects the values of an option given once or more. */
export function several(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

export function portNumber(value: string): number {
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number <= 65_535) return number;
  throw new CommanderError(2, 'usage', `“${value}” is not a port number`);
}
