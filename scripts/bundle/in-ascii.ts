/**
 * Escapes the non-ASCII characters of a program. esbuild leaves them in regular expressions and tagged templates. A
 * single one doubles the time to read the program.
 */
export function inAscii(program: string): string {
  return program.replace(/\P{ASCII}/gu, (letter) =>
    letter.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
