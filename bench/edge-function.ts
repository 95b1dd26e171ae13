import { compileFunction } from 'node:vm';

export type Handler = (event: unknown) => Promise<{ readonly status?: string }>;

/** Loads an edge function as Lambda does. */
export function startFunction(code: string): Handler {
  const module = { exports: {} as { handler: Handler } };
  const run = compileFunction(code, ['exports', 'require', 'module', 'console']);
  run.call(module.exports, module.exports, process.getBuiltinModule, module, { log: () => {} });
  return module.exports.handler;
}
