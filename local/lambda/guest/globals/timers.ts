import { call } from '../bridge.ts';

type Callback = (...args: unknown[]) => void;
type Kind = 'once' | 'repeat' | 'immediate';

const pending = new Map<number, Timeout>();
let last = 0;

class Timeout {
  readonly #id: number;
  readonly #kind: Kind;
  readonly #milliseconds: number;
  readonly #run: () => void;

  constructor(kind: Kind, run: () => void, milliseconds: number) {
    last += 1;
    this.#id = last;
    this.#kind = kind;
    this.#run = run;
    this.#milliseconds = milliseconds >= 1 && milliseconds <= 2 ** 31 - 1 ? Math.trunc(milliseconds) : 1;
    this.refresh();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    pending.set(this.#id, this);
    call('timer.set', String(this.#id), String(this.#milliseconds), this.#kind);
    return this;
  }

  close(): this {
    if (pending.delete(this.#id)) call('timer.clear', String(this.#id));
    return this;
  }

  static fire(id: number): void {
    const timer = pending.get(id);
    if (timer === undefined) return;
    if (timer.#kind !== 'repeat') pending.delete(id);
    timer.#run();
  }

  [Symbol.toPrimitive](): number {
    return this.#id;
  }
}

/** Called when a timer of the outer realm fires. */
export const fireTimer = Timeout.fire;
Reflect.deleteProperty(Timeout, 'fire');

function start(kind: Kind, callback: unknown, milliseconds: unknown, args: unknown[]): Timeout {
  if (typeof callback !== 'function') {
    throw Object.assign(new TypeError('The "callback" argument must be of type function.'), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  }
  return new Timeout(kind, () => (callback as Callback)(...args), Number(milliseconds));
}

export function setTimeout(callback: Callback, milliseconds?: number, ...args: unknown[]): Timeout {
  return start('once', callback, milliseconds, args);
}

export function setInterval(callback: Callback, milliseconds?: number, ...args: unknown[]): Timeout {
  return start('repeat', callback, milliseconds, args);
}

export function setImmediate(callback: Callback, ...args: unknown[]): Timeout {
  return start('immediate', callback, 1, args);
}

export function clearTimeout(timer: unknown): void {
  const id = timer instanceof Timeout ? Number(timer) : Number(timer ?? Number.NaN);
  pending.get(id)?.close();
}

export const clearInterval = clearTimeout;
export const clearImmediate = clearTimeout;
