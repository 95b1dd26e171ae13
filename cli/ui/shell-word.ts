/** Characters that shells read in different ways, or that a line cannot show. */
const ESCAPED = /[\p{Cc}\p{Zl}\p{Zp}\\]/u;

/**
 * Returns a word of a command line as bash, zsh, fish and any POSIX shell take it. In zsh, a leading `=` is the path of a
 * command. In fish, a backslash in single quotes can escape.
 */
export function shellWord(word: string): string {
  if (/^(?!=)[\w@%+=:,./-]+$/.test(word)) return word;
  return ESCAPED.test(word) ? printed(word) : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Returns a command substitution that writes the bytes of a word. */
function printed(word: string): string {
  const octal = (byte: number) => `\\${byte.toString(8).padStart(3, '0')}`;
  const bytes = [...Buffer.from(word)].map((byte) => {
    const character = String.fromCharCode(byte);
    if (character === '%') return '%%';
    return /[\w@+=:,./ ]/.test(character) ? character : octal(byte);
  });
  return `"$(printf '${bytes.join('')}')"`;
}
