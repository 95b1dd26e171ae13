/** A variable in front of a command, or behind `export`. */
const ASSIGNMENT = /^([A-Z][A-Z0-9_]*)=(.*)$/s;

/** What the next command of a line follows. */
const SEPARATOR = /^(?:\||&&)$/;

/** A value at the end of a word, in one of the two ways in which `shellWord` quotes. */
const QUOTED = /(?:'((?:[^']|'\\'')*)'|"\$\(printf '([^']*)'\)")$/;

/** Words that `shellWord` does not quote, and that are not one argument in PowerShell: a list, and the values of a variable. */
const UNQUOTED = /^(?:@[\w@%+=:,./-]*|[\w@%+=:,./-]*,[\w@%+=:,./-]*)$/;

/** Returns a text as PowerShell quotes it. It treats typographic quotes as the plain one. */
export function powerShellQuoted(text: string): string {
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}

function ofPrintf(format: string): string {
  const bytes = format
    .replaceAll('%%', '%')
    .replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString();
}

/** Divides a word into what a shell takes as it stands, and the value that is quoted behind it. */
function valueIn(word: string): readonly [plain: string, value: string | undefined] {
  const [quoted, single, printf] = QUOTED.exec(word) ?? [];
  if (quoted === undefined) return UNQUOTED.test(word) ? ['', word] : [word, undefined];
  return [word.slice(0, -quoted.length), single?.replaceAll("'\\''", "'") ?? ofPrintf(printf ?? '')];
}

/** Returns a word of a line for POSIX shells as PowerShell takes it. */
function powerShellWord(word: string): string {
  const [plain, value] = valueIn(word);
  if (value === undefined) return word;
  return plain + (/^[\w+=:.\\/-]+$/.test(value) ? value : powerShellQuoted(value));
}

function powerShellVariable(name: string, word: string): string {
  const [plain, value = ''] = valueIn(word);
  return `$env:${name} = ${powerShellQuoted(plain + value)}`;
}

/**
 * Returns a line for POSIX shells as PowerShell takes it: other quotes, and no variables before a command. They are set
 * first.
 */
export function typedInPowerShell(words: readonly string[]): string {
  const [first, unset] = words;
  if (first === 'unset' && unset !== undefined) return `Remove-Item Env:${unset}`;
  const variables: string[] = [];
  const rest: string[] = [];
  let begins = true;
  for (const word of words) {
    const [, name, value] = (begins && ASSIGNMENT.exec(word)) || [];
    if (name !== undefined && value !== undefined) variables.push(powerShellVariable(name, value));
    else if (!begins || word !== 'export') {
      rest.push(powerShellWord(word));
      begins = SEPARATOR.test(word);
    }
  }
  return [...variables, ...(rest.length === 0 ? [] : [rest.join(' ')])].join('; ');
}
