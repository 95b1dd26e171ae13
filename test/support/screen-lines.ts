// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys
const PIECES = /\u001b\[([?\d;]*)([A-Za-z])|[\r\n]|\P{Cc}/gu;

/** Returns the lines that a terminal shows once a program has written all of `written`, without colours. */
export function screenLines(written: string): string[] {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  const cells = () => {
    while (rows.length <= row) rows.push([]);
    return rows[row] as string[];
  };
  for (const [piece, number = '', command] of written.matchAll(PIECES)) {
    const amount = Number(number) || 1;
    if (command === 'A') row = Math.max(0, row - amount);
    else if (command === 'B') row += amount;
    else if (command === 'C') column += amount;
    else if (command === 'D') column = Math.max(0, column - amount);
    else if (command === 'G') column = amount - 1;
    else if (command === 'J') rows.splice(row + 1);
    else if (command === 'K' && number === '2') cells().length = 0;
    else if (command === 'K') cells().length = Math.min(cells().length, column);
    else if (piece === '\r') column = 0;
    else if (piece === '\n') [row, column] = [row + 1, 0];
    else if (command === undefined) {
      const line = cells();
      while (line.length < column) line.push(' ');
      line[column] = piece;
      column += 1;
    }
  }
  const lines = rows.map((line) => line.join('').trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
