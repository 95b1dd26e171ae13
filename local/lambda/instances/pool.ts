import type { Invocation } from '../messages.ts';
import { failure, Instance, type InstanceOptions } from './instance.ts';

interface Waiting {
  readonly event: unknown;
  readonly resolve: (invocation: Invocation) => void;
}

/** Time that an instance stays warm without events. */
const IDLE_MS = 5 * 60_000;

/** The instances of one published version. Uses warm ones first and starts new ones, up to `limit`, for waiting events. */
export class InstancePool {
  readonly #options: InstanceOptions;
  readonly #limit: number;
  readonly #queue: Waiting[] = [];
  readonly #instances = new Set<Instance>();
  /** Most recently used last. */
  readonly #idle: { instance: Instance; timer: NodeJS.Timeout }[] = [];
  #starting = 0;
  #closed = false;

  constructor(options: InstanceOptions, limit: number) {
    this.#options = options;
    this.#limit = limit;
  }

  invoke(event: unknown): Promise<Invocation> {
    return new Promise((resolve) => {
      this.#queue.push({ event, resolve });
      this.#drain();
    });
  }

  /** Stops all instances; running and waiting events fail. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { resolve } of this.#queue.splice(0)) resolve(stopped());
    for (const { timer } of this.#idle.splice(0)) clearTimeout(timer);
    await Promise.all([...this.#instances].map((instance) => instance.gone()));
  }

  #drain(): void {
    if (this.#closed) {
      for (const { resolve } of this.#queue.splice(0)) resolve(stopped());
      return;
    }
    while (this.#queue.length > 0) {
      const instance = this.#warm();
      if (instance === undefined) break;
      const waiting = this.#queue.shift();
      if (waiting !== undefined) void this.#run(instance, waiting);
    }
    while (this.#queue.length > this.#starting && this.#instances.size < this.#limit) void this.#start();
  }

  #warm(): Instance | undefined {
    for (;;) {
      const found = this.#idle.pop();
      if (found === undefined) return undefined;
      clearTimeout(found.timer);
      if (found.instance.alive) return found.instance;
      this.#instances.delete(found.instance);
    }
  }

  async #run(instance: Instance, { event, resolve }: Waiting): Promise<void> {
    const invocation = await instance.run(event);
    this.#release(instance);
    resolve(invocation);
    this.#drain();
  }

  async #start(): Promise<void> {
    const instance = new Instance(this.#options);
    this.#instances.add(instance);
    this.#starting += 1;
    const failure = await instance.ready;
    this.#starting -= 1;
    if (failure === undefined) this.#release(instance);
    else {
      this.#instances.delete(instance);
      // A failed initialisation fails the event that needed it, unless a warm instance has taken that event.
      this.#queue.shift()?.resolve(failure);
    }
    this.#drain();
  }

  #release(instance: Instance): void {
    if (!instance.alive || this.#closed) {
      this.#instances.delete(instance);
      instance.stop();
      return;
    }
    const timer = setTimeout(() => instance.stop(), IDLE_MS).unref();
    this.#idle.push({ instance, timer });
  }
}

const stopped = () => failure('ServiceException', 'The function was deleted or is being stopped.');
