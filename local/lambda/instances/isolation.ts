import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { execPath, platform } from 'node:process';

/** Program folders on Linux; the sandbox has no `PATH`. */
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/run/current-system/sw/bin'];

/** Long enough for a very busy computer: after a slower probe, the function runs with weaker isolation. */
const PROBE_TIMEOUT_MS = 30_000;

/** A command that runs another one isolated by the kernel, and what it isolates. */
export interface Isolation {
  /** Command prefix; empty for none. */
  readonly command: readonly string[];
  readonly description: string;
}

/**
 * Mounts a read-only file tree of Node and its libraries over `/sys`, which contains neither, and starts Node with that tree
 * as its root. Node runs in a further user namespace, so it has no privilege over the tree and cannot gain one.
 */
const ENTER = `set -e
PATH=${FOLDERS.join(':')}
files=$1
shift
mount -t tmpfs -o size=256k,mode=755,nosuid,nodev none /sys
cd /sys
folders=
mounts=
for file in $files; do
  folders="$folders .\${file%/*}"
  mounts="$mounts$file /sys$file none bind,ro,nosuid,nodev 0 0
"
done
mkdir -p $folders
for file in $files; do : > ".$file"; done
printf %s "$mounts" > fstab
mount --all --fstab fstab
rm fstab
mount -o remount,bind,ro,nosuid,nodev /sys
exec unshare --user --root=/sys --wd=/ -- "$@"`;

/** Kept, because each kind that is tried starts a process. */
let found: Isolation | undefined;

/** Finds the strongest isolation of a Node process that this computer allows. The first call tries each kind. */
export function findIsolation(): Isolation {
  found ??= candidates().find(({ command }) => isAllowed(command)) ?? NONE;
  return found;
}

const NONE: Isolation = { command: [], description: 'own process' };

function candidates(): Isolation[] {
  const unshare = pathOf('unshare');
  if (platform !== 'linux' || unshare === undefined) return [];
  const network = { command: [unshare, '--user', '--net', '--'], description: 'own process and network' };
  const sh = pathOf('sh');
  const files = filesOfNode();
  if (sh === undefined || !files.every((file) => /^[\w./+@-]+$/.test(file))) return [network];
  const namespaces = ['--map-root-user', '--mount', '--net', '--pid', '--ipc', '--uts', '--kill-child'];
  const command = [unshare, ...namespaces, '--', sh, '-c', ENTER, 'sh', files.join(' ')];
  return [{ command, description: 'own process, network, files and process table' }, network];
}

function pathOf(program: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, program)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      // Try the next folder.
      return false;
    }
  });
}

/** Returns Node's program and its linked libraries. glibc's loader lists them itself, musl's as `ldd`. */
function filesOfNode(): string[] {
  const traced = output(execPath, ['--version'], { LD_TRACE_LOADED_OBJECTS: '1' });
  const ldd = pathOf('ldd');
  const listed = traced.includes('=>') || ldd === undefined ? traced : output(ldd, [execPath]);
  const libraries = [...listed.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path = '']) => path);
  return [execPath, ...new Set(libraries)];
}

function output(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  return spawnSync(program, args, { encoding: 'utf8', timeout: PROBE_TIMEOUT_MS, env }).stdout ?? '';
}

function isAllowed([program = '', ...before]: readonly string[]): boolean {
  const { status } = spawnSync(program, [...before, execPath, '--eval', ''], {
    stdio: 'ignore',
    timeout: PROBE_TIMEOUT_MS,
    env: {},
  });
  return status === 0;
}
