import { type ChildProcess, spawn } from 'node:child_process';
import { allowedNodeEnvironmentFlags, execPath, platform } from 'node:process';
import type { Readable, Writable } from 'node:stream';

/** Reads the sandbox's program from descriptor 4 and runs it, because the process cannot read files. */
const BOOT =
  "'use strict';const f=require('fs');const s=f.readFileSync(4,'utf8');f.closeSync(4);" +
  "new(require('vm').Script)('(function(require,process){\"use strict\";'+s+'\\n})',{filename:'sandbox.cjs'}).runInThisContext()(require,process)";

const permissionFlag = allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

/**
 * Runs a command that ends when the cloud ends, even if the cloud crashes. A guard process reads descriptor 5: a line
 * means that the command has ended; end of input without a line means that the cloud has ended.
 */
const GUARD = '(read -r ended || kill -KILL $$) <&5 >/dev/null 2>&1 3>&- 4>&- 5>&- & exec "$@" 5<&-';

/** Windows needs no guard: libuv starts processes in a job that ends with this process. */
const GUARDED = platform === 'win32' ? [] : ['/bin/sh', '-c', GUARD, 'sh'];

export interface SandboxOptions {
  /** The built text of `sandbox/main.ts`. */
  readonly source: string;
  /** MB */
  readonly memorySize: number;
  /** Wrapper command with its arguments that isolates the sandbox; see `isolation.ts`. */
  readonly within: readonly string[];
}

/** Starts the process that runs a function's code. Only Node writes to stderr; the function's code writes to stdout. */
export function spawnSandbox({ source, memorySize, within }: SandboxOptions): ChildProcess {
  const [command = execPath, ...before] = [...GUARDED, ...within, execPath];
  const child = spawn(
    command,
    [
      ...before,
      permissionFlag,
      '--disallow-code-generation-from-strings',
      '--experimental-vm-modules',
      '--no-warnings',
      `--max-old-space-size=${Math.floor(memorySize * 0.9)}`,
      '--eval',
      BOOT,
    ],
    {
      // Lambda's clock is UTC. This computer's environment is not passed.
      env: { TZ: 'UTC' },
      cwd: '/',
      // Input, output, errors, messages, program, guard.
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    },
  );
  // If the system has no descriptors left, there are no pipes, and `error` follows.
  const pipes = (child.stdio as readonly (Readable | Writable | null | undefined)[] | undefined) ?? [];
  for (const pipe of pipes) {
    // The exit follows a broken pipe and settles what is waiting.
    pipe?.on('error', () => {});
  }
  const [program, guard] = [pipes[4], pipes[5]] as (Writable | null | undefined)[];
  program?.end(source);
  child.once('exit', () => guard?.end('ended\n'));
  return child;
}
