import { typedInPosix, typedOnWindows } from './ui/shell-words.ts';

/*
 * A command that an error, warning or result prints as the next step. The code writes what it does: command`edge-upload user
 * reset ${name}`. When it is printed, InUse adds the flags that name the deployment, because only then are stack, embedded
 * cloud, AWS profile and address of the edge all known. Values are quoted then too: shells quote differently.
 */

/** A line of a hint: prose, or a command to type. */
export type HintLine = string | CommandLine;

/** A sentence, or lines of which one is a command. */
export type Hint = HintLine | readonly HintLine[];

/** Text that is printed unchanged, or a value to quote. */
interface Piece {
  readonly text: string;
  readonly isValue: boolean;
}

/** A word of a command. */
export class Word {
  readonly pieces: readonly Piece[];
  /** An argument that begins with a hyphen, which would be read as an option. */
  readonly isDashed: boolean;

  constructor(pieces: readonly Piece[], isDashed = false) {
    this.pieces = pieces;
    this.isDashed = isDashed;
  }

  /** The word as the program receives it. */
  get raw(): string {
    return this.quoted((value) => value);
  }

  /** Whether it is for the shell and ends a command: a pipe, a redirection or `&&`. */
  get isSyntax(): boolean {
    return this.pieces.every(({ isValue }) => !isValue) && /^(?:[|<>]|&&)$/.test(this.raw);
  }

  quoted(quote: (value: string) => string): string {
    return this.pieces.map(({ text, isValue }) => (isValue ? quote(text) : text)).join('');
  }

  with({ pieces }: Word): Word {
    return new Word([...this.pieces, ...pieces]);
  }
}

/** Returns a word for the shell. */
export const literal = (text: string) => new Word([{ text, isValue: false }]);
/** Returns a value, which is one word. */
export const quotable = (text: string) => new Word([{ text, isValue: true }]);

/** A command to type, without the deployment. */
export class CommandLine {
  readonly words: readonly Word[];
  /** Returns the words of the command of this run again. Absent: `words` are the whole command. */
  readonly again: ((argv: readonly string[]) => readonly Word[]) | undefined;
  /** Set if the shell runs what the command prints: the command that prints it for PowerShell. */
  readonly inPowerShell: CommandLine | undefined;

  constructor(words: readonly Word[], again?: CommandLine['again'], inPowerShell?: CommandLine) {
    this.words = words;
    this.again = again;
    this.inPowerShell = inPowerShell;
  }
}

/** A value is one word. A list is any number of words, such as flags. */
export type Value = string | readonly string[];

/** Returns the words of a template. */
export function wordsOf(literals: readonly string[], values: readonly Value[]): readonly Word[] {
  const words: Word[] = [];
  const append = (one: Word) => words.push(words.pop()?.with(one) ?? one);
  literals.forEach((text, at) => {
    const [first = '', ...rest] = text.split(' ');
    // Text that follows a value without a space belongs to the same word.
    if (first !== '') append(literal(first));
    words.push(...rest.filter((one) => one !== '').map(literal));
    const value = values[at] ?? [];
    if (typeof value !== 'string') words.push(...value.map(quotable));
    else if (/\S$/.test(text)) append(quotable(value));
    else {
      const isOfOption = /(?:^| )-\S+ $/.test(text);
      words.push(new Word(quotable(value).pieces, !isOfOption && /^-./.test(value)));
    }
  });
  return words;
}

/** Returns a command: of edge-upload, about the deployment in use, or of another program. */
export function command(literals: TemplateStringsArray, ...values: readonly Value[]): CommandLine {
  return new CommandLine(wordsOf(literals, values));
}

/** Returns a command whose output the shell runs, such as to set variables. */
export function evaluated({ words }: CommandLine, inPowerShell = new CommandLine(words)): CommandLine {
  return new CommandLine(words, undefined, inPowerShell);
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
    const all = again?.(this.#argv) ?? words;
    const typed = this.#platform === 'win32' ? typedOnWindows : typedInPosix;
    if (all[0]?.raw === 'aws') return this.#ofAwsCli(all, typed);
    const start = all.findIndex(({ raw }) => raw === 'edge-upload');
    if (start < 0) return typed(all);
    const length = all.slice(start).findIndex(({ isSyntax }) => isSyntax);
    const end = length < 0 ? all.length : start + length;
    return typed([...all.slice(0, start), ...this.#completed(all.slice(start, end)), ...all.slice(end)]);
  }

  /** Adds what the AWS CLI needs to use the same account, or the embedded cloud. */
  #ofAwsCli(words: readonly Word[], typed: (words: readonly Word[]) => string): string {
    const texts = words.map(({ raw }) => raw);
    const line = typed([...words, ...this.#profileFlag(texts)]);
    if (!this.#deployment.local || texts.includes('--profile')) return line;
    const environment = this.text(evaluated(command`edge-upload local env`));
    return `${environment}${this.#platform === 'win32' ? '; ' : ' && '}${line}`;
  }

  /** Adds the deployment after the other flags. Arguments that begin with a hyphen come last. */
  #completed(words: readonly Word[]): readonly Word[] {
    const dash = words.findIndex(({ raw }) => raw === '--');
    const [flags, rest] = dash < 0 ? [words, []] : [words.slice(0, dash), words.slice(dash + 1)];
    const plain = flags.filter(({ isDashed }) => !isDashed);
    const dashed = [...flags.filter(({ isDashed }) => isDashed), ...rest];
    const all = [...plain, ...this.#flags(plain.map(({ raw }) => raw))];
    const texts = all.map(({ raw }) => raw);
    const { url, stackName } = this.#deployment;
    const isNamed = texts.some(
      (one) => /^(?:--stack-name|--link|--help|https?:)/.test(one) || one === '<url>',
    );
    const needsUrl =
      url !== undefined && stackName === undefined && !isNamed && UPLOADERS.has(texts[1] ?? '');
    const last = dashed.length === 0 ? [] : [literal('--'), ...dashed];
    return [...(needsUrl ? [literal('EDGE_UPLOAD_URL=').with(quotable(url))] : []), ...all, ...last];
  }

  /** Returns the flags that name the deployment, unless a command has them already. */
  #flags([, name = '', ...more]: readonly string[]): readonly Word[] {
    const { stackName, local = false, operated = true, isOnly = false } = this.#deployment;
    const has = (flag: string) => more.some((one) => one === flag || one.startsWith(`${flag}=`));
    if (has('--help')) return [];
    const isForOperators = OPERATORS.has(name) && (operated || name !== 'doctor');
    const stack = isForOperators && !operated ? literal('<name>') : stackName && quotable(stackName);
    const hasUrl = more.some((one) => /^(?:https?:|<url>)/.test(one));
    const isMeant = isOnly && !ALWAYS_NAMED.has(name);
    const needsStack = (isForOperators || UPLOADERS.has(name)) && !isMeant && !hasUrl && !has('--link');
    const needsLocal = isForOperators && local && !isMeant && name !== 'policy' && !has('--local');
    return [
      ...(needsLocal ? [literal('--local')] : []),
      ...(needsStack && stack && !has('--stack-name') ? [literal('--stack-name'), stack] : []),
      ...(isForOperators || has('--create') ? this.#profileFlag(more) : []),
    ];
  }

  /** Returns the flag for the typed profile, except for commands in the embedded cloud, or about other profiles. */
  #profileFlag(words: readonly string[]): readonly Word[] {
    const hasNone = words.some((one) => /^(?:--local|--profile(?:=.*)?|list-profiles)$/.test(one));
    if (this.#profile === undefined || this.#deployment.local || hasNone) return [];
    return [literal('--profile'), quotable(this.#profile)];
  }
}
