import { type ChildProcess, spawn } from 'node:child_process';
import { allowedNodeEnvironmentFlags, execPath } from 'node:process';
import type { Writable } from 'node:stream';

/** Reads the sandbox's program from descriptor 4 and runs it: no file is needed, and none can be read. */
const BOOT =
  "'use strict';const f=require('fs');const s=f.readFileSync(4,'utf8');f.closeSync(4);" +
  "new(require('vm').Script)('(function(require,process){\"use strict\";'+s+'\\n})',{filename:'sandbox.cjs'}).runInThisContext()(require,process)";

const permissionFlag = allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

export interface SandboxOptions {
  /** The text of `sandbox/main.ts` as built. */
  readonly source: string;
  /** MB */
  readonly memorySize: number;
  /** A command that runs the sandbox's, with its arguments; see `namespace.ts`. */
  readonly within: readonly string[];
}

export function spawnSandbox({ source, memorySize, within }: SandboxOptions): ChildProcess {
  const [command = execPath, ...before] = [...within, execPath];
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
      // Lambda's clock is UTC. Nothing of this computer's environment goes in.
      env: { TZ: 'UTC' },
      cwd: '/',
      // Input, output, errors, messages, program.
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    },
  );
  // Where the system has no descriptors left there are no pipes, and `error` follows.
  const pipes = (child.stdio as ChildProcess['stdio'] | undefined) ?? [];
  for (const pipe of pipes) {
    // A pipe that broke is followed by the exit, which settles what is waiting.
    pipe?.on('error', () => {});
  }
  (pipes[4] as Writable | null | undefined)?.end(source);
  return child;
}
