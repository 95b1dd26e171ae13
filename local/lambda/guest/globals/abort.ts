/** DOM events and abort signals for programs without a document. https://dom.spec.whatwg.org/ */
const ERROR_CODES: Readonly<Record<string, number>> = {
  NotSupportedError: 9,
  InvalidCharacterError: 5,
  AbortError: 20,
  TimeoutError: 23,
  DataCloneError: 25,
};

class GuestDOMException extends Error {
  readonly code: number;

  constructor(message = '', name: string | { readonly name?: string } = 'Error') {
    super(message);
    const own = typeof name === 'string' ? name : (name.name ?? 'Error');
    Object.defineProperty(this, 'name', { value: own, configurable: true });
    this.code = ERROR_CODES[own] ?? 0;
  }
}

class GuestEvent {
  readonly type: string;
  readonly cancelable: boolean;
  readonly bubbles = false;
  readonly timeStamp = Date.now();
  target: unknown = null;
  defaultPrevented = false;
  stopped = false;

  constructor(type: string, { cancelable = false }: { cancelable?: boolean } = {}) {
    this.type = String(type);
    this.cancelable = cancelable;
  }

  get currentTarget(): unknown {
    return this.target;
  }

  preventDefault(): void {
    if (this.cancelable) this.defaultPrevented = true;
  }

  stopPropagation(): void {}

  stopImmediatePropagation(): void {
    this.stopped = true;
  }
}

type Listener = ((event: GuestEvent) => void) | { handleEvent(event: GuestEvent): void };

interface Registration {
  readonly type: string;
  readonly listener: Listener;
  readonly once: boolean;
}

class GuestEventTarget {
  #registrations: Registration[] = [];

  addEventListener(
    type: string,
    listener: Listener | null,
    options?: boolean | { once?: boolean; signal?: GuestAbortSignal },
  ): void {
    if (listener === null || listener === undefined) return;
    const { once = false, signal } = typeof options === 'object' && options !== null ? options : {};
    if (signal?.aborted === true) return;
    if (this.#registrations.some((one) => one.type === type && one.listener === listener)) return;
    this.#registrations.push({ type, listener, once });
    signal?.addEventListener('abort', () => this.removeEventListener(type, listener), { once: true });
  }

  removeEventListener(type: string, listener: Listener | null): void {
    this.#registrations = this.#registrations.filter((one) => one.type !== type || one.listener !== listener);
  }

  dispatchEvent(event: GuestEvent): boolean {
    event.target = this;
    const handler = (this as unknown as Record<string, unknown>)[`on${event.type}`];
    if (typeof handler === 'function') handler.call(this, event);
    for (const registration of [...this.#registrations]) {
      if (registration.type !== event.type || event.stopped) continue;
      const { listener, once } = registration;
      if (once) this.removeEventListener(event.type, listener);
      if (typeof listener === 'function') listener.call(this, event);
      else listener.handleEvent(event);
    }
    return !event.defaultPrevented;
  }
}

const MAKE = Symbol('make');

class GuestAbortSignal extends GuestEventTarget {
  #aborted = false;
  #reason: unknown;
  onabort: ((event: GuestEvent) => void) | null = null;

  constructor(permission?: symbol) {
    super();
    if (permission !== MAKE) throw new TypeError('Illegal constructor');
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  static abort(reason?: unknown): GuestAbortSignal {
    const signal = new GuestAbortSignal(MAKE);
    GuestAbortSignal.end(signal, reason);
    return signal;
  }

  static timeout(milliseconds: number): GuestAbortSignal {
    const signal = new GuestAbortSignal(MAKE);
    const expired = () => new GuestDOMException('The operation was aborted due to timeout', 'TimeoutError');
    setTimeout(() => GuestAbortSignal.end(signal, expired()), milliseconds).unref();
    return signal;
  }

  static any(signals: Iterable<GuestAbortSignal>): GuestAbortSignal {
    const signal = new GuestAbortSignal(MAKE);
    for (const one of signals) {
      if (one.aborted) GuestAbortSignal.end(signal, one.reason);
      else one.addEventListener('abort', () => GuestAbortSignal.end(signal, one.reason), { once: true });
    }
    return signal;
  }

  private static end(signal: GuestAbortSignal, reason: unknown): void {
    if (signal.#aborted) return;
    signal.#aborted = true;
    signal.#reason =
      reason === undefined ? new GuestDOMException('This operation was aborted', 'AbortError') : reason;
    signal.dispatchEvent(new GuestEvent('abort'));
  }

  /** Only for the controller; removed from the class below. */
  static begin(): { signal: GuestAbortSignal; abort: (reason: unknown) => void } {
    const signal = new GuestAbortSignal(MAKE);
    return { signal, abort: (reason) => GuestAbortSignal.end(signal, reason) };
  }
}

const { begin } = GuestAbortSignal;

class GuestAbortController {
  readonly #own = begin();

  get signal(): GuestAbortSignal {
    return this.#own.signal;
  }

  abort(reason?: unknown): void {
    this.#own.abort(reason);
  }
}

function named<T extends object>(value: T, name: string): T {
  Object.defineProperty(value, 'name', { value: name, configurable: true });
  return value;
}

export const DOMException = named(GuestDOMException, 'DOMException');
export const Event = named(GuestEvent, 'Event');
export const EventTarget = named(GuestEventTarget, 'EventTarget');
export const AbortSignal = named(GuestAbortSignal, 'AbortSignal');
export const AbortController = named(GuestAbortController, 'AbortController');
