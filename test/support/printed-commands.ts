import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { CommanderError } from 'commander';
import { COMMAND_GROUPS } from '../../cli/declare/command-groups.ts';
import { commandsFor, program } from '../../cli/program.ts';

/** A command in a printed line: the words after `edge-upload`. */
export interface PrintedCommand {
  readonly line: string;
  readonly words: readonly string[];
}

/** Matches words of a POSIX shell in the forms that `shellWord` writes, and placeholders such as `<12 digits>`. */
const WORD = /(?:'[^']*'|"\$\(printf '[^']*'\)"|"[^"]*"|\\.|<[\w][^>]*>|[^\s'"\\])+/g;
/** Matches what can precede a command: a pipe, a variable, the prompt of an example. */
const BEFORE = /^(?:\||&&|\$|[A-Z_]+=.*)$/s;
const OPERATOR = /^(?:[|<>]|&&)$/;

/** Returns a word without its quotes. */
function plain(word: string): string {
  return word.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, (_, single, double, one) => single ?? double ?? one);
}

/** Returns the commands of this program in a text. Each command is on its own line. */
export function printedCommands(text: string): PrintedCommand[] {
  return text.split('\n').flatMap((line) => {
    if (!/^ {2,}(?:\S.* )?edge-upload +\S/.test(line)) return [];
    // An example in the help can have a remark after it.
    const words: readonly string[] = line.replace(/ {3,}\(.*\)$/, '').match(WORD) ?? [];
    const start = words.findIndex(
      (word, at) => word === 'edge-upload' && (at === 0 || BEFORE.test(words[at - 1] ?? '')),
    );
    if (start < 0) return [];
    const rest = words.slice(start + 1);
    const end = rest.findIndex((word) => OPERATOR.test(word));
    return [{ line: line.trim(), words: (end < 0 ? rest : rest.slice(0, end)).map(plain) }];
  });
}

/** Returns the program's parser, which runs no command. */
function parser() {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const root = program({ stdout, stderr }, () => {});
  for (const declare of commandsFor(COMMAND_GROUPS)) declare(root, async () => {});
  return root;
}

export function commandNames(): string[] {
  return parser().commands.map((one) => one.name());
}

/** Asserts that the program accepts a command. */
export async function assertTyped({ line, words }: PrintedCommand): Promise<void> {
  const root = parser();
  // Stands for any provider.
  const typed = words.flatMap((word) =>
    word === '<provider>' ? ['oidc', 'https://id.example'] : word === '…' ? [] : word,
  );
  try {
    await root.parseAsync(typed, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    // A placeholder is not a number.
    if (error instanceof CommanderError && /argument '<[^']*>' is invalid/.test(error.message)) return;
    assert.fail(`cannot be typed: ${line}\n${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Matches commands that concern no deployment, or name it in another way. */
const ELSEWHERE =
  /^(?:(?:login|password reset) (?:https?:|<url>)|(?:local|demo|deployments|completion|uploads)\b|put .*--link\b)|(?:^| )--help\b/;

/**
 * Checks every command in the output of a run: the program accepts it, and it has the deployment and the profile of the
 * run.
 */
export async function checkPrinted(argv: readonly string[], printed: string): Promise<void> {
  const given = (flag: string) => {
    const at = argv.indexOf(flag);
    return at < 0 ? undefined : argv[at + 1];
  };
  const [stack, profile] = [given('--stack-name'), given('--profile')];
  for (const command of printedCommands(printed)) {
    await assertTyped(command);
    const text = command.words.join(' ');
    if (ELSEWHERE.test(text) || /EDGE_UPLOAD_(?:URL|LINK)=/.test(command.line)) continue;
    const isNamed = text.includes('--stack-name');
    assert.ok(
      stack === undefined || isNamed,
      `${argv.join(' ')} prints a command for another stack: ${command.line}`,
    );
    if (profile === undefined || /^(?:put|watch|whoami|token|logout|password|login)\b/.test(text)) continue;
    const hasProfile = text.includes(`--profile ${profile}`) || text.includes('--local');
    assert.ok(hasProfile, `${argv.join(' ')} prints a command for another profile: ${command.line}`);
  }
}
