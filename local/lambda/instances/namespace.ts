import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { execPath, platform } from 'node:process';

/** Where Linux systems have their programs; looked for by path, since the sandbox has no `PATH`. */
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/run/current-system/sw/bin'];

/** Long enough for a busy computer: what takes longer is taken for a refusal. */
const PROBE_TIMEOUT_MS = 5000;

/** A command that runs another within walls of the kernel's, and what it gives. */
export interface Isolation {
  /** The command, to be put before another. Empty for none. */
  readonly command: readonly string[];
  readonly description: string;
}

/**
 * Builds a file tree of Node and its libraries alone, read-only, over `/sys`, which holds neither, and starts Node with that
 * as its root: within a further user namespace, so that it has no privilege over the tree, nor can get one.
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

/** The strongest walls around a process of Node's that this computer lets us build: each is tried. */
export function findIsolation(): Isolation {
  return candidates().find(({ command }) => isAllowed(command)) ?? NONE;
}

const NONE: Isolation = { command: [], description: 'own process' };

function candidates(): Isolation[] {
  if (platform !== 'linux') return [];
  const [unshare, setpriv, sh] = ['unshare', 'setpriv', 'sh'].map(pathOf);
  // The kernel ends the process with the cloud, also where the code never comes to see that its input has ended.
  const ending =
    setpriv === undefined ? [] : [[setpriv, '--no-new-privs', '--pdeathsig', 'KILL', '--'] as const];
  const found: Isolation[] = [];
  const files = filesOfNode();
  if (unshare !== undefined) {
    const network = [unshare, '--user', '--net', '--'];
    for (const before of ending) {
      if (sh !== undefined && files.every((file) => /^[\w./+@-]+$/.test(file))) {
        const namespaces = ['--map-root-user', '--mount', '--net', '--pid', '--ipc', '--uts', '--kill-child'];
        found.push({
          command: [...before, unshare, ...namespaces, '--', sh, '-c', ENTER, 'sh', files.join(' ')],
          description: 'own process, network, files and process table; ends with the cloud',
        });
      }
      found.push({
        command: [...before, ...network],
        description: 'own process and network; ends with the cloud',
      });
    }
    found.push({ command: network, description: 'own process and network' });
  }
  for (const before of ending) {
    found.push({ command: before, description: 'own process; ends with the cloud' });
  }
  return found;
}

function pathOf(program: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, program)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      // The next folder may have it.
      return false;
    }
  });
}

/** Node's program and the libraries it is linked with, as the loader of glibc lists them. */
function filesOfNode(): string[] {
  const { stdout } = spawnSync(execPath, ['--version'], {
    encoding: 'utf8',
    timeout: PROBE_TIMEOUT_MS,
    env: { LD_TRACE_LOADED_OBJECTS: '1' },
  });
  const libraries = [...(stdout ?? '').matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path = '']) => path);
  return [execPath, ...new Set(libraries)];
}

function isAllowed([program = '', ...before]: readonly string[]): boolean {
  const { status } = spawnSync(program, [...before, execPath, '--eval', ''], {
    stdio: 'ignore',
    timeout: PROBE_TIMEOUT_MS,
    env: {},
  });
  return status === 0;
}
