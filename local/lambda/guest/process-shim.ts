/** Replaces the `process` package in libraries that are bundled into the function's context. */
const ticks: (() => void)[] = [];

function drain(): void {
  for (let tick = ticks.shift(); tick !== undefined; tick = ticks.shift()) tick();
}

export function nextTick(callback: (...args: unknown[]) => void, ...args: unknown[]): void {
  if (typeof callback !== 'function') {
    throw Object.assign(new TypeError('The "callback" argument must be of type function.'), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  }
  ticks.push(() => callback(...args));
  if (ticks.length === 1) void Promise.resolve().then(drain);
}

export const env = {};
export const version = 'v24.0.0';
export const stdout = undefined;
export const stderr = undefined;
