import { EventEmitter } from 'node:events';
import { call, refused } from '../bridge.ts';
import { nextTick } from '../process-shim.ts';

/** Facts about the outer process that the function sees. */
export interface Facts {
  readonly arch: string;
  readonly version: string;
  readonly versions: Readonly<Record<string, string>>;
}

export interface ProcessOptions {
  readonly facts: Facts;
  readonly environment: Readonly<Record<string, string>>;
  readonly write: (text: string) => void;
  /** Looks up the built-in modules available to functions. */
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

/** Creates the function's `process`: the members that code uses on Lambda, without facts about this computer. */
export function createProcess({ facts, environment, write, builtin }: ProcessOptions): object {
  const exit = (code: unknown = 0): never => {
    call('exit', String(Number(code) || 0));
    // The call ends the process.
    throw new Error('exit');
  };
  const stream = () =>
    Object.assign(new EventEmitter(), {
      isTTY: false,
      writable: true,
      write: (text: unknown) => {
        write(String(text));
        return true;
      },
    });
  const hrtime = (since?: readonly [number, number]): [number, number] => {
    const now = BigInt(call('hrtime'));
    const elapsed = since === undefined ? now : now - (BigInt(since[0]) * 1_000_000_000n + BigInt(since[1]));
    return [Number(elapsed / 1_000_000_000n), Number(elapsed % 1_000_000_000n)];
  };
  hrtime.bigint = () => BigInt(call('hrtime'));
  const members = {
    arch: facts.arch,
    argv: ['/var/lang/bin/node', '/var/runtime/index.mjs'],
    argv0: 'node',
    env: { ...environment },
    execArgv: [],
    execPath: '/var/lang/bin/node',
    exitCode: undefined,
    features: {},
    pid: 1,
    platform: 'linux',
    ppid: 0,
    release: { name: 'node' },
    stderr: stream(),
    stdout: stream(),
    title: 'node',
    version: facts.version,
    versions: { ...facts.versions },
    abort: () => exit(1),
    cwd: () => '/var/task',
    emitWarning: (warning: unknown) => write(`Warning: ${String(warning)}\n`),
    exit,
    getBuiltinModule: builtin,
    hrtime,
    nextTick,
    uptime: () => Number(call('hrtime')) / 1e9,
  };
  const refusals = REFUSED.map((name) => [name, refused(`process.${name}`)]);
  return Object.assign(new EventEmitter(), members, Object.fromEntries(refusals));
}
