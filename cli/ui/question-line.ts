import { clearLine, clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import stringWidth from 'fast-string-width';
import { cutEnd, cutStart, fits } from './columns.ts';
import { line, type OutputStream, type Paint, type Shown, visible, writeLines, writePart } from './shown.ts';

export interface QuestionOptions {
  readonly message: string;
  /** The answer is shown as dots. */
  readonly secret?: boolean;
}

export interface QuestionScreen {
  /** Never stdout, which is for results. */
  readonly stderr: OutputStream;
  readonly paint: Paint;
  /** A terminal that cannot go back within a line (`TERM=dumb`). The system echoes and edits the answer. */
  readonly dumb: boolean;
  /** Whether the terminal wraps the lines that it shows again when its width changes. */
  readonly reflows: boolean;
}

/** An answer that is being typed. */
interface TypedAnswer {
  readonly line: string;
  /** Position in the answer, from 0. */
  readonly cursor: number;
}

/** Minimum columns of an answer. A question that leaves fewer is printed above it. */
const LEAST_COLUMNS = 24;

/** Draws a question and its answer. The answer is on one row, scrolled where it is longer. */
export class QuestionLine {
  readonly #message: string;
  readonly #secret: boolean;
  readonly #screen: QuestionScreen;
  /** Columns of the question above the answer; 0 if it is on the same row. */
  #above = 0;
  /** Column of the cursor when the line was last drawn. */
  #cursorAt = 0;
  /** Columns of the terminal when the question was drawn. */
  #width = 0;

  constructor({ message, secret = false }: QuestionOptions, screen: QuestionScreen) {
    this.#message = message;
    this.#secret = secret;
    this.#screen = screen;
  }

  /** Writes the question. */
  begin(): void {
    const { stderr, paint, dumb } = this.#screen;
    const isAbove = this.#isAbove();
    this.#width = this.#terminalWidth();
    this.#above = isAbove ? stringWidth(`? ${visible(this.#message)}`) : 0;
    if (isAbove) writeLines(stderr, [line`${paint('green', '?')} ${paint('bold', this.#message)}`]);
    if (dumb) writePart(stderr, this.#head());
  }

  /** Draws the answer in place. */
  draw({ line: text, cursor }: TypedAnswer): void {
    if (this.#screen.dumb) return;
    const space = this.#space();
    const before = cutStart(this.#display(text.slice(0, cursor)), space);
    const after = cutEnd(this.#display(text.slice(cursor)), space - stringWidth(before));
    this.#replace(line`${this.#head()}${before}${after}`);
    this.#cursorAt = this.#headWidth() + stringWidth(before);
    cursorTo(this.#screen.stderr, this.#cursorAt);
  }

  /** Draws question and answer again after the width of the terminal changed. */
  redraw(answer: TypedAnswer): void {
    const { stderr, dumb, reflows } = this.#screen;
    if (dumb) return;
    // A terminal that does not wrap the rows again still has as many as were drawn. Above them are lines of others.
    const width = reflows ? this.#terminalWidth() : this.#width;
    const rows = Math.ceil(this.#above / width) + Math.floor(this.#cursorAt / width);
    moveCursor(stderr, 0, -rows);
    cursorTo(stderr, 0);
    clearScreenDown(stderr);
    this.begin();
    this.draw(answer);
  }

  /** Shows the beginning of the answer that was given. */
  finish(answer: string): void {
    if (this.#screen.dumb) return;
    this.#replace(line`${this.#head()}${cutEnd(this.#display(answer), this.#space())}`);
  }

  #replace(row: Shown): void {
    const { stderr } = this.#screen;
    cursorTo(stderr, 0);
    clearLine(stderr, 0);
    writePart(stderr, row);
  }

  #display(text: string): string {
    return this.#secret ? '•'.repeat(Array.from(text).length) : visible(text);
  }

  #head(): Shown {
    const { paint } = this.#screen;
    if (this.#isAbove()) return line`${paint('green', '›')} `;
    return line`${paint('green', '?')} ${paint('bold', this.#message)} `;
  }

  #headWidth(): number {
    return stringWidth(this.#isAbove() ? '› ' : `? ${visible(this.#message)} `);
  }

  #isAbove(): boolean {
    return !fits(`? ${visible(this.#message)} `, this.#terminalWidth() - LEAST_COLUMNS);
  }

  /** Columns for the answer. */
  #space(): number {
    return Math.max(1, this.#terminalWidth() - this.#headWidth() - 1);
  }

  #terminalWidth(): number {
    return Math.max(1, this.#screen.stderr.columns ?? 80);
  }
}
