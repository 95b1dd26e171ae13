import { clearLine, cursorTo, type Direction, moveCursor } from 'node:readline';
import { Writable } from 'node:stream';

/** A stream that records the text that a person would see. */
export class Screen extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 80;

  constructor({ isTTY = false }: { isTTY?: boolean } = {}) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Returns a screen of a terminal, which programs redraw. */
export function drawable(columns = 80) {
  const screen = Object.assign(new Screen(), { isTTY: true, columns });
  return Object.assign(screen, {
    cursorTo: (x: number) => cursorTo(screen, x),
    clearLine: (side: Direction) => clearLine(screen, side),
    moveCursor: (x: number, y: number) => moveCursor(screen, x, y),
  });
}
