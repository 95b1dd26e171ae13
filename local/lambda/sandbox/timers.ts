import type { Operation } from './bridge.ts';

/** The function's timers by its numbers for them. */
export function timerOperations(fire: (id: number) => void): Readonly<Record<string, Operation>> {
  const stops = new Map<number, () => void>();
  const stop = (id: number) => {
    stops.get(id)?.();
    stops.delete(id);
  };
  const due = (id: number) => {
    stops.delete(id);
    fire(id);
  };
  return {
    'timer.set': (text, delay, kind) => {
      const id = Number(text);
      stop(id);
      if (kind === 'immediate') {
        const timer = setImmediate(due, id);
        stops.set(id, () => clearImmediate(timer));
      } else {
        const timer =
          kind === 'repeat' ? setInterval(fire, Number(delay), id) : setTimeout(due, Number(delay), id);
        stops.set(id, () => clearTimeout(timer));
      }
      return '';
    },
    'timer.clear': (id) => {
      stop(Number(id));
      return '';
    },
  };
}
