import { EventEmitter } from 'node:events';
import real from 'node:process';
import { refused } from './refusal.ts';

export interface ProcessOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly write: (text: string) => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => never;
  /** Finds the built-in modules that the function may have. */
  readonly builtin: (name: string) => unknown;
}

const REFUSED = [
  'binding',
  '_linkedBinding',
  'dlopen',
  'kill',
  'chdir',
  'umask',
  'loadEnvFile',
  'setuid',
  'setgid',
];

/** What the function's code finds as `process`: what code asks of it on Lambda, and nothing of the computer it runs on. */
export function createProcess({ environment, write, exit, builtin }: ProcessOptions): object {
  const stream = {
    isTTY: false,
    writable: true,
    write: (text: unknown) => {
      write(String(text));
      return true;
    },
  };
  const members = {
    arch: real.arch,
    argv: ['/var/lang/bin/node', '/var/runtime/index.mjs'],
    argv0: 'node',
    env: { ...environment },
    execArgv: [],
    execPath: '/var/lang/bin/node',
    exitCode: undefined,
    features: { ...real.features },
    pid: 1,
    platform: 'linux',
    ppid: 0,
    release: { name: 'node' },
    stderr: stream,
    stdout: stream,
    title: 'node',
    version: real.version,
    versions: { ...real.versions },
    abort: () => exit(1),
    cpuUsage: real.cpuUsage,
    cwd: () => '/var/task',
    emitWarning: (warning: unknown) => write(`Warning: ${String(warning)}\n`),
    exit: (code: unknown = 0) => exit(Number(code)),
    getBuiltinModule: builtin,
    hrtime: real.hrtime,
    memoryUsage: real.memoryUsage,
    nextTick: real.nextTick,
    uptime: real.uptime,
  };
  const refusals = REFUSED.map((name) => [name, refused(`process.${name}`)]);
  return Object.assign(new EventEmitter(), members, Object.fromEntries(refusals));
}
