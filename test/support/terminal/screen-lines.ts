import { TerminalScreen } from '../../../scripts/terminal-screen.ts';

/** Returns the lines that a terminal shows after a program has written `written`, without colours. */
export function screenLines(written: string, columns = Number.POSITIVE_INFINITY): string[] {
  const screen = new TerminalScreen(columns);
  screen.write(written);
  const lines = screen.lines().map((runs) =>
    runs
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
