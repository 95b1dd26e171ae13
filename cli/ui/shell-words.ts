/** A word of a command, as `Word` of `command-line.ts`. */
interface TypedWord {
  readonly raw: string;
  readonly isSyntax: boolean;
  quoted(quote: (value: string) => string): string;
}

/** Returns words quoted for bash, zsh, fish and any POSIX shell. */
export function typedInPosix(words: readonly TypedWord[]): string {
  return words.map((one) => one.quoted(shellWord)).join(' ');
}

/** Characters that shells read differently, or that a line cannot show. */
const ESCAPED = /[\p{Cc}\p{Zl}\p{Zp}\\]/u;

/**
 * Quotes a word for bash, zsh, fish and any POSIX shell. In zsh, a leading `=` is the path of a command. In fish, a
 * backslash in single quotes can escape.
 */
export function shellWord(word: string): string {
  if (/^(?!=)[\w@%+=:,./-]+$/.test(word)) return word;
  return ESCAPED.test(word) ? printed(word) : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Returns a command substitution that prints the bytes of a word. */
function printed(word: string): string {
  const octal = (byte: number) => `\\${byte.toString(8).padStart(3, '0')}`;
  const bytes = [...Buffer.from(word)].map((byte) => {
    const character = String.fromCharCode(byte);
    if (character === '%') return '%%';
    return /[\w@+=:,./ ]/.test(character) ? character : octal(byte);
  });
  return `"$(printf '${bytes.join('')}')"`;
}

/** Matches a variable in front of a command, or after `export`. */
const ASSIGNMENT = /^([A-Z][A-Z0-9_]*)=(.*)$/s;

/**
 * Returns words as PowerShell takes them: other quotes than in POSIX shells, and no variables before a command. They are set
 * first. Without variables, cmd takes most of them too.
 */
export function typedOnWindows(words: readonly TypedWord[]): string {
  const [first, unset] = words.map(({ raw }) => raw);
  if (first === 'unset' && unset !== undefined) return `Remove-Item Env:${unset}`;
  const variables: string[] = [];
  const rest: string[] = [];
  let begins = true;
  for (const word of words) {
    const text = word.raw;
    const [, name, value] = (begins && ASSIGNMENT.exec(text)) || [];
    if (name !== undefined && value !== undefined) {
      variables.push(`$env:${name} = ${powerShellQuoted(value)}`);
    } else if (!begins || text !== 'export') {
      rest.push(word.quoted(windowsWord));
      begins = word.isSyntax;
    }
  }
  return [...variables, ...(rest.length === 0 ? [] : [rest.join(' ')])].join('; ');
}

/** What PowerShell or cmd replaces within double quotes, and quotes as they know them. A final backslash escapes the quote. */
const REPLACED_ON_WINDOWS = /[$`!%"\u201c-\u201e\p{Cc}\p{Zl}\p{Zp}]|\\$/u;

/**
 * Returns a value as one argument in PowerShell and, wherever one form fits both, in cmd. In PowerShell, a comma would make
 * a list of it, and a leading `@` the values of a variable.
 */
export function windowsWord(value: string): string {
  if (/^(?![@=])[\w@%+=:.\\/-]+$/.test(value)) return value;
  return REPLACED_ON_WINDOWS.test(value) ? powerShellQuoted(value) : `"${value}"`;
}

/** Returns whether POSIX shells, PowerShell and cmd all read a value as `windowsWord` quotes it. */
export function isPortable(value: string): boolean {
  return !REPLACED_ON_WINDOWS.test(value) && !value.includes('\\');
}

/** Quotes a text for PowerShell, which treats typographic quotes like plain ones. */
export function powerShellQuoted(text: string): string {
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}
