/** Returns a word of a command line as any POSIX shell takes it, and zsh, where a leading `=` is the path of a command. */
export function shellWord(word: string): string {
  return /^(?!=)[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
