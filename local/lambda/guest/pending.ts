interface Settling<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Operations of the outer realm whose results arrive later, by number. */
export class Pending<T> {
  readonly #waiting = new Map<number, Settling<T>>();
  #last = 0;

  /** @param send sends the operation with its number */
  start(send: (id: number) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#last += 1;
      this.#waiting.set(this.#last, { resolve, reject });
      send(this.#last);
    });
  }

  /** Returns how to settle an operation, once. */
  take(id: number): Settling<T> | undefined {
    const found = this.#waiting.get(id);
    this.#waiting.delete(id);
    return found;
  }
}
