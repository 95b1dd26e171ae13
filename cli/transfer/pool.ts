/** At most so many pieces of work at once; the others wait their turn, first come, first served. */
export interface Pool {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createPool(size: number): Pool {
  const waiting: (() => void)[] = [];
  let free = size;
  return {
    async run(work) {
      if (free > 0) free -= 1;
      else await new Promise<void>((go) => waiting.push(go));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
