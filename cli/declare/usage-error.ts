import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommanderError } from 'commander';
import { command, type HintLine } from '../command-line.ts';
import { UserError } from '../errors.ts';
import { nearestName, onlyCompletion } from '../nearest-name.ts';

type Program = Pick<CommandUnknownOpts, 'commands' | 'options'>;

const childOf = (parent: Program | undefined, name: string | undefined): CommandUnknownOpts | undefined =>
  parent?.commands.find((one) => one.name() === name);

/** Commander's message for an invalid value; its last sentence lists the valid ones. */
const INVALID = /^option '(?:-\w, )?(--[\w-]+)[^']*' argument '(.*)' is invalid\. (.*)$/s;

/** Commander's messages, worded like all other errors. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^unknown (command|option) '(.*?)'$/s, 'Unknown $1 “$2”.'],
  [/^option '(?:-\w, )?(--[\w-]+) (\S+)' argument missing$/, '$1 needs a value: $1 $2'],
  [/^missing required argument '(.*)'$/, 'The argument <$1> is missing.'],
  [/^required option '(?:-\w, )?(--[^']+)' not specified$/, 'The option $1 is missing.'],
  [/^too many arguments for '(.*)'\. (.*)$/, 'Too many arguments for $1. $2'],
];

/**
 * Returns the error to print for what commander refused.
 * @param argv the arguments as typed
 */
export function usageError({ message }: CommanderError, root: Program, argv: readonly string[]): UserError {
  const text = message.replace(/^error: /, '');
  const start = argv.findIndex((word) => childOf(root, word) !== undefined);
  const before = argv[0]?.startsWith('-') ? argv.slice(0, Math.max(0, start)) : [];
  const named = commandOf(
    root,
    argv.slice(before.length).filter((word) => !word.startsWith('-')),
  );
  const see = ['See:', command`edge-upload ${named} --help`];
  const [, flag, value, takes] = INVALID.exec(text) ?? [];
  if (flag !== undefined) {
    const hint = (takes ?? '').replace(/^Allowed choices are (.*)\.$/, 'Use one of: $1');
    return new UserError('usage', `Invalid value for ${flag}: “${value}”.`, { hint: [hint, ...see] });
  }
  const [pattern, words] = WORDS.find(([one]) => one.test(text)) ?? [
    /^./,
    (first: string) => first.toUpperCase(),
  ];
  const shown = text.replace(pattern, words as string).trim();
  const [, unknown] = /^Unknown command “(.*?)”/.exec(shown) ?? [];
  if (unknown !== undefined) return unknownCommand(unknown, named.reduce(childOf, root) ?? root, see);
  // Without its value, which can be a password.
  const [, option, given] = /^Unknown option “(.*?)(=.*)?”\.$/s.exec(shown) ?? [];
  if (option === undefined) return new UserError('usage', shown, { hint: see });
  const unknownOption = `Unknown option “${option}”.`;
  const known = flagsOf(named.reduce<Program | undefined>(childOf, root));
  if (given !== undefined && known.includes(option))
    return new UserError('usage', `${option} takes no value.`, { hint: see });
  if (before.length > 0 && before.every((word) => !word.startsWith('--') || known.includes(nameOf(word)))) {
    const hint = ['Options follow the command:', command`edge-upload ${[...named, ...before]}`];
    return new UserError('usage', unknownOption, { hint });
  }
  const guess = meantFlag(option, known);
  if (guess !== undefined)
    return new UserError('usage', `${unknownOption} Did you mean ${guess}?`, { hint: see });
  const meant =
    option === '--version' || option === '-V'
      ? ['Use it without a command:', command`edge-upload --version`]
      : (elsewhere(named[0], option) ?? meantArgument(named, option, root));
  return new UserError('usage', unknownOption, { hint: [...meant, ...see] });
}

/** Names of these options in other tools. */
const SAME_FLAGS: readonly (readonly [RegExp, string])[] = [
  [/^-(?:j\d*|-(?:jobs|parallel|threads|transfers|workers))$/, '--concurrency'],
  [/^--(?:bandwidth|bwlimit|cap-mbps|rate-limit)$/, '--limit-rate'],
  [/^--(?:block-size|block-size-mb|chunk-size)$/, '--part-size'],
  [/^--(?:ignore-existing|no-overwrite|skip-existing)$/, '--no-clobber'],
  [/^--(?:size-only|sync|update)$/, '--changed'],
  [/^--(?:dest|destination|to)$/, '--prefix'],
  [/^--(?:key|name)$/, '--as'],
  [/^-(?:f|-(?:auto-approve|force|no-confirm-changeset|require-approval))$/, '--yes'],
  [/^--(?:no-execute-changeset|preview)$/, '--dry-run'],
  [/^--silent$/, '--quiet'],
  [/^-v$/, '--version'],
  [/^-(?:v|-verbose)$/, '--debug'],
];

/** Returns the flag that a misspelt one stands for, or one of another tool. */
function meantFlag(name: string, known: readonly string[]): string | undefined {
  const same = SAME_FLAGS.find(([names, flag]) => names.test(name) && known.includes(flag))?.[1];
  const otherCase = known.find((flag) => flag.toLowerCase() === name.toLowerCase());
  const long = known.filter((flag) => flag.startsWith('--'));
  return same ?? otherCase ?? onlyCompletion(name, long) ?? nearestName(name, long);
}

const nameOf = (option: string) => option.replace(/=.*/s, '');

/** Returns the flags that the help of a command lists. */
function flagsOf(command: Program | undefined): string[] {
  const shown = command?.options.filter(({ hidden }) => !hidden) ?? [];
  return shown.flatMap(({ short, long }) => [short, long]).filter((flag) => flag !== undefined);
}

/** Returns where to give the value of an option that only other commands, or other tools, have. */
function elsewhere(first: string | undefined, name: string): readonly HintLine[] | undefined {
  if (name === '--port' && (first === 'deploy' || first === 'demo'))
    return ['Start the embedded cloud on a port first:', command`edge-upload local start --port <number>`];
  if (name === '--region') return ['Every stack is in us-east-1, where Lambda@Edge functions are created.'];
  if (/^--(?:endpoint-url|url)$/.test(name) && /^(?:login|put|watch|whoami)$/.test(first ?? ''))
    return ['The address is an argument of login:', command`edge-upload login <url>`];
  return undefined;
}

/** Arguments that are paths of this computer. */
const PATHS = /^(?:file|files|folder|path|paths)$/;

/** Returns how an argument that begins with a hyphen is typed, for a command that has arguments. */
function meantArgument(named: readonly string[], option: string, root: Program): readonly HintLine[] {
  const [first, ...rest] = named;
  const [argument] = rest.reduce(childOf, childOf(root, first))?.registeredArguments ?? [];
  if (argument === undefined) return [];
  const name = argument.name();
  if (PATHS.test(name))
    return [
      `For a ${name.replace(/s$/, '')} of that name:`,
      command`edge-upload ${[...named, `./${option}`]}`,
    ];
  // Few names begin with two hyphens, as most mistyped options do.
  return option.startsWith('--')
    ? []
    : [`For a ${name} that begins with a hyphen:`, command`edge-upload ${[...named, '--', option]}`];
}

/** Returns the command that was typed, as far as there is one of the name: `link`, `revoke`. */
function commandOf(root: Program, [name, ...rest]: readonly string[]): string[] {
  const found = childOf(root, name);
  return found === undefined ? [] : [found.name(), ...commandOf(found, rest)];
}

/**
 * Returns the arguments with `help user add` as `user add --help`.
 * @throws {UserError} `usage` for help on a command that does not exist: commander prints that of its parent
 */
export function withoutHelpCommand(root: Program, argv: readonly string[]): string[] {
  const asked = argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv];
  const firstFlag = asked.findIndex((word) => word.startsWith('-'));
  if (firstFlag < 0 || !asked.some((word) => word === '--help' || word === '-h')) return asked;
  let parent = root;
  for (const word of asked.slice(0, firstFlag)) {
    if (parent.commands.length === 0) break;
    const found = parent.commands.find((one) => one.name() === word);
    if (found === undefined) throw unknownCommand(word, parent);
    parent = found;
  }
  return asked;
}

/** Names of these commands in other tools. */
const SAME: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:add|create|make|new)$/, ['add', 'create']],
  [/^(?:del|delete|remove|rm)$/, ['delete', 'remove', 'revoke', 'forget', 'abort']],
  [/^(?:list|ls)$/, ['list', 'ls']],
  [/^(?:cp|push|send|upload)$/, ['put']],
  [/^(?:download|pull)$/, ['get']],
  [/^(?:down|undeploy)$/, ['destroy']],
  [/^version$/, ['--version']],
];

function unknownCommand(
  word: string,
  parent: Program,
  see: readonly HintLine[] = ['See:', command`edge-upload --help`],
): UserError {
  const known = parent.commands.map((one) => one.name());
  const flags = flagsOf(parent);
  const same = SAME.find(([names]) => names.test(word))?.[1].find(
    (one) => known.includes(one) || flags.includes(one),
  );
  const meant = same ?? onlyCompletion(word, known) ?? nearestName(word, known);
  const guess = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return new UserError('usage', `Unknown command “${word}”.${guess}`, { hint: see });
}
