import { isSyntax, quotedText, rawText, type Word } from './command-words.ts';

/** A variable in front of a command, or behind `export`. */
const ASSIGNMENT = /^([A-Z][A-Z0-9_]*)=(.*)$/s;

/** Returns a text as PowerShell quotes it. It treats typographic quotes as the plain one. */
export function powerShellQuoted(text: string): string {
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}

/** Returns a value as one argument. A comma would make a list of it, and a leading `@` the values of a variable. */
function argument(value: string): string {
  return /^(?!@)[\w@%+=:.\\/-]+$/.test(value) ? value : powerShellQuoted(value);
}

/**
 * Returns words as PowerShell takes them: other quotes than in POSIX shells, and no variables before a command. They are set
 * first.
 */
export function typedInPowerShell(words: readonly Word[]): string {
  const [first, unset] = words.map(rawText);
  if (first === 'unset' && unset !== undefined) return `Remove-Item Env:${unset}`;
  const variables: string[] = [];
  const rest: string[] = [];
  let begins = true;
  for (const word of words) {
    const text = rawText(word);
    const [, name, value] = (begins && ASSIGNMENT.exec(text)) || [];
    if (name !== undefined && value !== undefined) {
      variables.push(`$env:${name} = ${powerShellQuoted(value)}`);
    } else if (!begins || text !== 'export') {
      rest.push(quotedText(word, argument));
      begins = isSyntax(word);
    }
  }
  return [...variables, ...(rest.length === 0 ? [] : [rest.join(' ')])].join('; ');
}
