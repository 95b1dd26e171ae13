import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { platform } from 'node:process';

/** Where Linux systems have util-linux's program; looked for by path, since the sandbox has no `PATH`. */
const PROGRAMS = ['/usr/bin/unshare', '/bin/unshare', '/run/current-system/sw/bin/unshare'];

/** A user namespace is what lets others than root have one of the network; it takes root's privileges away too. */
const OPTIONS = ['--user', '--net', '--'];

/**
 * The command before a command that gives it a network of its own with nothing in it: on Linux, where the kernel allows it
 * (some containers and distributions do not). Empty elsewhere. A second wall: the sandbox does not rest on it.
 */
export function networkNamespace(): readonly string[] {
  const program = platform === 'linux' ? PROGRAMS.find((path) => existsSync(path)) : undefined;
  if (program === undefined) return [];
  const { status } = spawnSync(program, [...OPTIONS, program, '--version'], {
    stdio: 'ignore',
    timeout: 1000,
    env: {},
  });
  return status === 0 ? [program, ...OPTIONS] : [];
}
