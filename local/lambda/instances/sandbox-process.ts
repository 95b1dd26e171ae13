import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { allowedNodeEnvironmentFlags, execPath, platform } from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Reads the built sandbox, `dist/sandbox.cjs` of this package, from any place this module is bundled to. */
export function builtSandbox(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error(`no package.json above ${import.meta.url}`);
    folder = above;
  }
  return readFileSync(join(folder, 'dist', 'sandbox.cjs'), 'utf8');
}

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

/**
 * Returns the private memory of a process and its children, MB, without shared code. `undefined` without `/proc` and for
 * a process that has ended.
 */
export function residentMegabytes(pid: number | string | undefined): number | undefined {
  const status = read(`/proc/${pid}/status`);
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) return undefined;
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + (residentMegabytes(child) ?? 0), Number(kilobytes) / 1024);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Without `/proc`, Node's heap limit is the only limit.
    return '';
  }
}

/** Signal names in Lambda's messages, which are Go's. */
const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGILL: 'illegal instruction',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
};

/** Returns how a process ended, with the text of https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html. */
export function exitReason(code: number | null, signal: string | null): string {
  if (signal !== null) return `with error: signal: ${SIGNAL_WORDS[signal] ?? signal}`;
  return code === 0 ? 'without providing a reason' : `with error: exit status ${code}`;
}
