import { type Flag, flagsOf, repeatedWords, withAttached, withoutFlags } from './repeated-flags.ts';
import { isSyntax, type Piece, rawText, typedInPosix, typedOnWindows, type Word } from './ui/shell-words.ts';

/*
 * A command that an error, warning or result prints as the next step. The code writes what it does: command`edge-upload user
 * reset ${name}`. When it is printed, InUse adds the flags that name the deployment, because only then are stack, embedded
 * cloud, AWS profile and address of the edge all known.
 */

/** A line of a hint: prose, or a command to type. */
export type HintLine = string | CommandLine;

/** A sentence, or lines of which one is a command. */
export type Hint = HintLine | readonly HintLine[];

/** A command to type, without the deployment. */
export class CommandLine {
  readonly words: readonly Word[];
  /** Absent: the words are the whole command. Otherwise, they follow the arguments of this run. */
  readonly again: Again | undefined;
  /** Set if the shell runs what the command prints: the command that prints it for PowerShell. */
  readonly inPowerShell: CommandLine | undefined;

  constructor(words: readonly Word[], again?: Again, inPowerShell?: CommandLine) {
    this.words = words;
    this.again = again;
    this.inPowerShell = inPowerShell;
  }
}

interface Again {
  /** Flags that replace those of the run. All other flags of the run stay. */
  readonly replaces: boolean;
  /** A flag of the run that is left out. */
  readonly without?: Flag;
}

/** A value is one word. A list is any number of words, such as flags. */
type Value = string | readonly string[];

const literal = (text: string): Piece => ({ text, isValue: false });
const piece = (text: string): Piece => ({ text, isValue: true });

const joined = (...pieces: readonly Piece[]): Word => ({ pieces, isDashed: false });

/** Returns a word for the shell, followed by a value. */
function word(text: string, value?: string): Word {
  return joined(...(text === '' ? [] : [literal(text)]), ...(value === undefined ? [] : [piece(value)]));
}

/** Returns the words of a template. */
function wordsOf(literals: readonly string[], values: readonly Value[]): readonly Word[] {
  const words: Word[] = [];
  const append = (one: Piece) => words.push(joined(...(words.pop()?.pieces ?? []), one));
  literals.forEach((text, at) => {
    const [first = '', ...rest] = text.split(' ');
    // Text that follows a value without a space belongs to the same word.
    if (first !== '' && at > 0) append(literal(first));
    else if (first !== '') words.push(word(first));
    words.push(...rest.filter((one) => one !== '').map((one) => word(one)));
    const value = values[at] ?? [];
    if (typeof value !== 'string') words.push(...value.map((one) => word('', one)));
    else if (/\S$/.test(text)) append(piece(value));
    else {
      const isOfOption = /(?:^| )-\S+ $/.test(text);
      words.push({ ...word('', value), isDashed: !isOfOption && /^-./.test(value) });
    }
  });
  return words;
}

/** Returns a command: of edge-upload, about the deployment in use, or of another program. Values are quoted for shells. */
export function command(literals: TemplateStringsArray, ...values: readonly Value[]): CommandLine {
  return new CommandLine(wordsOf(literals, values));
}

/** Returns a command whose output the shell runs, such as to set variables. */
export function evaluated({ words }: CommandLine, inPowerShell = new CommandLine(words)): CommandLine {
  return new CommandLine(words, undefined, inPowerShell);
}

/**
 * Returns the command of this run again, with more flags: `` sameCommand`--yes` ``. Without one of its flags, it could delete
 * or store something else.
 */
export function sameCommand(literals: TemplateStringsArray, ...values: readonly Value[]): CommandLine {
  return new CommandLine(wordsOf(literals, values), { replaces: false });
}

/** Returns the command of this run with other values of flags: `` changedCommand`--write-to ${prefix}` ``. */
export function changedCommand(literals: TemplateStringsArray, ...values: readonly Value[]): CommandLine {
  return new CommandLine(wordsOf(literals, values), { replaces: true });
}

/** Returns the command of this run without one of its flags, or with the words of a command instead of it. */
export function sameCommandWithout(
  flag: string,
  { hasValue = false, instead }: { readonly hasValue?: boolean; readonly instead?: CommandLine } = {},
): CommandLine {
  return new CommandLine(instead?.words ?? [], { replaces: true, without: { flag, hasValue } });
}

/** The deployment that a run uses, as far as it is known. */
export interface UsedDeployment {
  readonly stackName?: string | undefined;
  /** Of the edge. */
  readonly url?: string | undefined;
  /** In the embedded cloud. */
  readonly local?: boolean | undefined;
  /** False: deployed from another computer, so the name of the stack is unknown here. */
  readonly operated?: boolean | undefined;
  /** A command without a name uses this deployment: it is the only one on this computer, and no variable names another. */
  readonly isOnly?: boolean | undefined;
}

/** Commands about a deployment. All others are about this computer. */
const UPLOADERS = new Set(['login', 'put', 'watch', 'whoami', 'token', 'logout', 'password', 'doctor']);
const OPERATORS = new Set(
  'deploy synth status logs ls get user trust link key policy destroy doctor'.split(' '),
);

/**
 * Commands that change or delete a stack, or are for its administrator. Typed later or on another computer, they could use
 * another deployment.
 */
const ALWAYS_NAMED = new Set(['deploy', 'destroy', 'policy']);

/** What a run uses. It starts with the typed flags; the code that finds the deployment sets it. */
export class InUse {
  /** Name of the deployment that the run has printed as its choice. A command may find its deployment several times. */
  printed?: string;
  readonly #argv: readonly string[];
  readonly #profile: string | undefined;
  readonly #platform: string | undefined;
  #deployment: UsedDeployment;

  constructor(
    deployment: UsedDeployment = {},
    argv: readonly string[] = [],
    { profile, platform }: { readonly profile?: string | undefined; readonly platform?: string } = {},
  ) {
    this.#deployment = deployment;
    this.#argv = argv;
    this.#profile = profile;
    this.#platform = platform;
  }

  set(deployment: UsedDeployment): void {
    this.#deployment = deployment;
  }

  /** Returns a line as it is printed: a command is indented. */
  line(one: HintLine): string {
    return typeof one === 'string' ? one : `  ${this.text(one)}`;
  }

  /** Returns the lines of a hint as they are printed. */
  lines(hint: Hint): string[] {
    return [hint].flat().map((one) => this.line(one));
  }

  /** Returns a command as it is typed, with the pipes and redirections of its line. */
  text({ words, again, inPowerShell }: CommandLine): string {
    if (inPowerShell !== undefined) {
      return this.#platform === 'win32'
        ? `${this.text(new CommandLine(inPowerShell.words))} | Out-String | Invoke-Expression`
        : `eval "$(${this.text(new CommandLine(words))})"`;
    }
    const all = again === undefined ? words : this.#again(words, again);
    const typed = this.#typed();
    const start = all.findIndex((one) => rawText(one) === 'edge-upload');
    if (start < 0) return typed(all);
    const length = all.slice(start).findIndex(isSyntax);
    const end = length < 0 ? all.length : start + length;
    return typed([...all.slice(0, start), ...this.#completed(all.slice(start, end)), ...all.slice(end)]);
  }

  #typed(): (words: readonly Word[]) => string {
    return this.#platform === 'win32' ? typedOnWindows : typedInPosix;
  }

  /** Adds flags to the arguments of this run, or replaces those that it has. */
  #again(words: readonly Word[], { replaces, without }: Again): readonly Word[] {
    const isGiven = (flag: string) => this.#argv.some((one) => one === flag || one.startsWith(`${flag}=`));
    const texts = words.map(rawText);
    const missing = words.filter((_, at) => {
      const flag = texts[at]?.startsWith('-') ? texts[at] : texts[at - 1];
      return flag === undefined || !isGiven(flag);
    });
    const added = replaces ? withAttached(words) : missing;
    const removed = [...flagsOf(words), ...(without === undefined ? [] : [without])];
    const argv = replaces ? withoutFlags(this.#argv, removed) : this.#argv;
    const given = argv.length === 0 ? [word('…')] : repeatedWords(argv);
    const end = argv.indexOf('--');
    return [word('edge-upload'), ...given].toSpliced(end < 0 ? given.length + 1 : end + 1, 0, ...added);
  }

  /** Adds the deployment after the other flags. Arguments that begin with a hyphen come last. */
  #completed(words: readonly Word[]): readonly Word[] {
    const dash = words.findIndex((one) => rawText(one) === '--');
    const [flags, rest] = dash < 0 ? [words, []] : [words.slice(0, dash), words.slice(dash + 1)];
    const plain = flags.filter(({ isDashed }) => !isDashed);
    const dashed = [...flags.filter(({ isDashed }) => isDashed), ...rest];
    const all = [...plain, ...this.#flags(plain.map(rawText))];
    const texts = all.map(rawText);
    const { url, stackName } = this.#deployment;
    const isNamed = texts.some(
      (one) => /^(?:--stack-name|--link|--help|https?:)/.test(one) || one === '<url>',
    );
    const needsUrl =
      url !== undefined && stackName === undefined && !isNamed && UPLOADERS.has(texts[1] ?? '');
    const last = dashed.length === 0 ? [] : [word('--'), ...dashed];
    return [...(needsUrl ? [word('EDGE_UPLOAD_URL=', url)] : []), ...all, ...last];
  }

  /** Returns the flags that name the deployment, unless a command has them already. */
  #flags([, name = '', ...more]: readonly string[]): readonly Word[] {
    const { stackName, local = false, operated = true, isOnly = false } = this.#deployment;
    const has = (flag: string) => more.some((one) => one === flag || one.startsWith(`${flag}=`));
    if (has('--help')) return [];
    const isForOperators = OPERATORS.has(name) && (operated || name !== 'doctor');
    const needsProfile = isForOperators || has('--create');
    const isLocal = has('--local') || local;
    const stack = isForOperators && !operated ? word('<name>') : stackName && word('', stackName);
    const hasUrl = more.some((one) => /^(?:https?:|<url>)/.test(one));
    const isMeant = isOnly && !ALWAYS_NAMED.has(name);
    const needsStack = (isForOperators || UPLOADERS.has(name)) && !isMeant && !hasUrl && !has('--link');
    const needsLocal = isForOperators && isLocal && !isMeant && name !== 'policy';
    return [
      ...(needsLocal && !has('--local') ? [word('--local')] : []),
      ...(needsStack && stack && !has('--stack-name') ? [word('--stack-name'), stack] : []),
      ...(needsProfile && this.#profile !== undefined && !isLocal && !has('--profile')
        ? [word('--profile'), word('', this.#profile)]
        : []),
    ];
  }
}
