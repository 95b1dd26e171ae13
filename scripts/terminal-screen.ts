/** The style of a cell: the SGR parameters that are set, such as `1` for bold and `32` for green. */
export type Style = readonly number[];

export interface Run {
  readonly text: string;
  readonly style: Style;
}

interface Cell {
  readonly sign: string;
  readonly style: Style;
}

/** Matches a control sequence (its parameters and its letter), or one character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what a terminal reads
const TOKENS = /\x1b\[([?\d;]*)([A-Za-z])|\x1b\][^\x07]*\x07|[\s\S]/gu;

/** A terminal of unlimited height. It supports the part of ECMA-48 that the command line writes. */
export class TerminalScreen {
  readonly #rows: Cell[][] = [[]];
  readonly #columns: number;
  #row = 0;
  #column = 0;
  #style: Style = [];

  constructor(columns: number) {
    this.#columns = columns;
  }

  write(output: string): void {
    for (const [token, parameters, letter] of output.matchAll(TOKENS)) {
      if (letter !== undefined) this.#control(letter, parameters ?? '');
      else if (token === '\n') this.#row += 1;
      else if (token === '\r') this.#column = 0;
      else if (!/\p{Cc}/u.test(token)) this.#put(token);
    }
  }

  /** Returns the lines as runs of one style each, without empty lines at the end. */
  lines(): readonly (readonly Run[])[] {
    const lines = this.#rows.map(runsOf);
    while (lines.at(-1)?.length === 0) lines.pop();
    return lines;
  }

  #put(sign: string): void {
    if (this.#column >= this.#columns) {
      this.#column = 0;
      this.#row += 1;
    }
    const row = this.#line();
    while (row.length < this.#column) row.push({ sign: ' ', style: [] });
    row[this.#column] = { sign, style: this.#style };
    this.#column += 1;
  }

  #line(): Cell[] {
    while (this.#rows.length <= this.#row) this.#rows.push([]);
    return this.#rows[this.#row] as Cell[];
  }

  #control(letter: string, parameters: string): void {
    const first = Number(parameters.split(';')[0] || 0);
    const amount = Math.max(1, first);
    if (letter === 'A') this.#row = Math.max(0, this.#row - amount);
    else if (letter === 'B') this.#row += amount;
    else if (letter === 'C') this.#column += amount;
    else if (letter === 'D') this.#column = Math.max(0, this.#column - amount);
    else if (letter === 'G') this.#column = amount - 1;
    else if (letter === 'J') this.#rows.splice(this.#row + 1);
    else if (letter === 'K')
      this.#line().length = Math.min(this.#line().length, first === 2 ? 0 : this.#column);
    else if (letter === 'm') this.#style = restyled(this.#style, parameters);
  }
}

/** Returns the style after an SGR sequence. A reset code removes the parameters that it resets. */
function restyled(style: Style, parameters: string): Style {
  let now = [...style];
  for (const code of parameters.split(';').map(Number)) {
    if (code === 0) now = [];
    else if (code === 22) now = now.filter((one) => one !== 1 && one !== 2);
    else if (code === 39) now = now.filter((one) => one < 30);
    else now.push(code);
  }
  return now;
}

function runsOf(cells: readonly Cell[]): Run[] {
  const runs: { text: string; style: Style }[] = [];
  for (const { sign, style } of cells) {
    const last = runs.at(-1);
    if (last !== undefined && last.style.join() === style.join()) last.text += sign;
    else runs.push({ text: sign, style });
  }
  return runs;
}
