import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import type { BakedConfig, EdgePage } from '../../../edge/config.ts';
import { edgeCode } from '../../../infra/edge-code.ts';

export interface RunningBundle {
  readonly handler: (event: unknown) => Promise<unknown>;
  /** Lines that the function logged. */
  readonly log: string[];
}

/** Runs the built function as Lambda runs `index.js`. The given modules replace Node's. */
export function runBundle(
  config: BakedConfig,
  modules: Readonly<Record<string, unknown>> = {},
  page?: EdgePage,
): RunningBundle {
  const log: string[] = [];
  const module = { exports: {} as { handler: RunningBundle['handler'] } };
  const load = createRequire(import.meta.url);
  const require = (name: string): unknown => modules[name.replace(/^node:/, '')] ?? load(name);
  const console = { log: (line: string) => log.push(line) };
  const run = compileFunction(edgeCode(config, page), ['exports', 'require', 'module', 'console']);
  const { stackTraceLimit } = Error;
  run.call(module.exports, module.exports, require, module, console);
  // The function changes it for its process, but tests need stack traces.
  Error.stackTraceLimit = stackTraceLimit;
  return { handler: module.exports.handler, log };
}
