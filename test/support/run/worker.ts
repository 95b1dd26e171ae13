import { join } from 'node:path';

/** Programs that tests start in separate processes, relative to the repository's root. */
export const WORKERS = [
  'bin/main',
  'infra/app',
  'live/diff',
  'live/main',
  'live/sweep',
  'test/bin/young-objects-child',
  'test/cli/identity/helpers/code',
  'test/cli/identity/helpers/token-worker',
  'test/cli/network/poisoned',
  'test/cli/settings/lock-worker',
  'test/cli/transfer/helpers/upload-child',
  'test/e2e/identity/paste-address',
  'test/local/cognito/serve',
  'test/local/s3/serve',
] as const;

const ROOT = join(import.meta.dirname, '../../..');

/** Returns Node's arguments for a worker. The form that `test/run.ts` compiles starts in a fifth of the time. */
export function workerArgs(worker: (typeof WORKERS)[number], ...args: readonly string[]): string[] {
  const { COMPILED_TESTS: compiled } = process.env;
  return compiled === undefined
    ? ['--import', import.meta.resolve('tsx'), join(ROOT, `${worker}.ts`), ...args]
    : [join(compiled, `${worker}.js`), ...args];
}
