import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { test } from 'node:test';
import { thisProcess, withLock } from '../../../cli/settings/lock.ts';
import { mutations } from '../../support/mutations.ts';
import { runProgram } from '../../support/programs.ts';
import { workerArgs } from '../../support/run/worker.ts';

function worker(...args: string[]): ChildProcess {
  return spawn(execPath, workerArgs('test/cli/settings/lock-worker', ...args), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** Starts a process that holds the lock of `path` until it is killed. */
async function holder(path: string): Promise<ChildProcess> {
  const child = worker('hold', path);
  assert.ok(child.stdout);
  await once(child.stdout, 'data');
  return child;
}

async function inFolder(body: (path: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-lock-'));
  try {
    await body(join(folder, 'kept.json'), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Creates a lock as another process would create it. */
async function forge(path: string, change: Record<string, unknown>): Promise<void> {
  await writeFile(`${path}.lock`, JSON.stringify({ ...(await thisProcess()), ...change }));
}

test('withLock returns the value of its work, passes on failures, and leaves no file', () =>
  inFolder(async (path, folder) => {
    assert.equal(await withLock(path, async () => 7), 7);
    await assert.rejects(
      withLock(path, async () => {
        throw new Error('the work failed');
      }),
      /the work failed/,
    );
    assert.equal(await withLock(path, async () => 8), 8);
    assert.deepEqual(await readdir(folder), []);
  }));

test('creates a missing folder, private to its owner', () =>
  inFolder(async (_path, folder) => {
    const inner = join(folder, 'state', 'tokens');
    await withLock(join(inner, 'a.json'), async () => {
      assert.equal((await stat(inner)).mode & 0o077, 0);
      for (const name of await readdir(inner)) assert.equal((await stat(join(inner, name))).mode & 0o077, 0);
    });
  }));

test('serialises callers of one process', () =>
  inFolder(async (path) => {
    let inside = 0;
    let most = 0;
    const turns = Array.from({ length: 20 }, () =>
      withLock(
        path,
        async () => {
          inside += 1;
          most = Math.max(most, inside);
          await new Promise(setImmediate);
          inside -= 1;
        },
        { pollMs: 1 },
      ),
    );
    await Promise.all(turns);
    assert.equal(most, 1);
  }));

test('serialises many processes', () =>
  inFolder(async (path) => {
    await writeFile(path, '0');
    await Promise.all(Array.from({ length: 6 }, () => ended(worker('count', path, '20'))));
    assert.equal(await readFile(path, 'utf8'), '120');
    assert.equal(await readFile(`${path}.trace`, 'utf8'), '()'.repeat(120));
  }));

test('replaces a holder killed with SIGKILL, and still serialises all waiters', () =>
  inFolder(async (path, folder) => {
    await writeFile(path, '0');
    const killed = await holder(path);
    const waiting = Array.from({ length: 5 }, () => ended(worker('count', path, '10')));
    killed.kill('SIGKILL');
    await ended(killed);
    await Promise.all(waiting);
    assert.equal(await readFile(path, 'utf8'), '50');
    assert.equal(await readFile(`${path}.trace`, 'utf8'), '()'.repeat(50));
    await withLock(path, async () => {});
    assert.deepEqual((await readdir(folder)).sort(), ['kept.json', 'kept.json.trace']);
  }));

test('gives the lock to one of several waiters that find a dead holder', () =>
  inFolder(async (path, folder) => {
    for (let round = 0; round < 20; round += 1) {
      await forge(path, { nonce: 'a'.repeat(24), started: '1' });
      let inside = 0;
      const waiter = () =>
        withLock(
          path,
          async () => {
            inside += 1;
            assert.equal(inside, 1);
            await new Promise(setImmediate);
            inside -= 1;
          },
          { pollMs: 1 },
        );
      await Promise.all(Array.from({ length: 8 }, waiter));
      assert.deepEqual(await readdir(folder), []);
    }
  }));

test('replaces one dead holder after another', () =>
  inFolder(async (path, folder) => {
    for (const _killed of ['first', 'second']) {
      const child = await holder(path);
      child.kill('SIGKILL');
      await ended(child);
      assert.deepEqual(await readdir(folder), ['kept.json.lock']);
    }
    assert.equal(await withLock(path, async () => 'mine'), 'mine');
    assert.deepEqual(await readdir(folder), []);
  }));

test('replaces dead holders that were killed while they replaced a dead holder', () =>
  inFolder(async (path, folder) => {
    let name = `${path}.lock`;
    for (const letter of ['a', 'b', 'c']) {
      const nonce = letter.repeat(24);
      await writeFile(name, JSON.stringify({ ...(await thisProcess()), nonce, started: '1' }));
      name = `${name}.${nonce}`;
    }
    assert.equal(await withLock(path, async () => 'mine'), 'mine');
    assert.deepEqual(await readdir(folder), []);
  }));

test('ignores a process ID that now belongs to another process', { skip: notLinux() }, () =>
  inFolder(async (path) => {
    await forge(path, { nonce: 'b'.repeat(24), started: '1' });
    assert.equal(await withLock(path, async () => 'mine', { waitMs: 0, silentMs: 60_000 }), 'mine');
  }),
);

test('waits for a living holder, then names it', () =>
  inFolder(async (path) => {
    const child = await holder(path);
    try {
      await assert.rejects(
        withLock(path, async () => assert.fail('the lock was shared'), {
          waitMs: 20,
          pollMs: 5,
          silentMs: 10,
        }),
        (error: Error & { code?: string; hint?: string }) =>
          error.code === 'busy' && error.message.includes(`process ${child.pid}`) && error.hint !== undefined,
      );
    } finally {
      child.kill('SIGKILL');
      await ended(child);
    }
  }));

test('replaces a holder on another computer once it is silent', () =>
  inFolder(async (path) => {
    await forge(path, { nonce: 'c'.repeat(24), place: 'another computer', pid: 1 });
    const beating = setInterval(() => {
      utimes(`${path}.lock`, new Date(), new Date()).catch(() => {});
    }, 1);
    try {
      await assert.rejects(
        withLock(path, async () => {}, { waitMs: 200, pollMs: 20, silentMs: 100 }),
        /has held/,
      );
    } finally {
      clearInterval(beating);
    }
    assert.equal(await withLock(path, async () => 'mine', { pollMs: 5, silentMs: 50 }), 'mine');
  }));

test('replaces a silent holder from before a restart, however short the wait', () =>
  inFolder(async (path) => {
    for (const waitMs of [0, 20]) {
      await forge(path, { nonce: 'd'.repeat(24), place: 'another boot', pid: 1 });
      assert.equal(await withLock(path, async () => 'mine', { waitMs, pollMs: 5, silentMs: 50 }), 'mine');
      await writeFile(`${path}.lock`, '');
      assert.equal(await withLock(path, async () => 'mine', { waitMs, pollMs: 5, silentMs: 50 }), 'mine');
    }
  }));

test('replaces a lock file that a power cut left empty', () =>
  inFolder(async (path, folder) => {
    await writeFile(`${path}.lock`, '');
    assert.equal(await withLock(path, async () => 'mine', { pollMs: 5, silentMs: 20 }), 'mine');
    assert.deepEqual(await readdir(folder), []);
  }));

test('a holder wrongly taken for dead leaves the lock to its successor', () =>
  inFolder(async (path) => {
    let releaseFirst = () => {};
    const free = new Promise<void>((resolve) => {
      releaseFirst = resolve;
    });
    let firstHolds = () => {};
    const held = new Promise<void>((resolve) => {
      firstHolds = resolve;
    });
    const first = withLock(path, async () => {
      firstHolds();
      await free;
    });
    await held;
    const claimed = JSON.parse(await readFile(`${path}.lock`, 'utf8')) as Record<string, unknown>;
    await writeFile(`${path}.lock`, JSON.stringify({ ...claimed, place: 'another computer' }));
    await withLock(
      path,
      async () => {
        releaseFirst();
        await first;
        await assert.rejects(
          withLock(path, async () => assert.fail('the lock was shared'), { waitMs: 10, pollMs: 5 }),
          /has held/,
        );
      },
      { pollMs: 5, silentMs: 0 },
    );
    assert.equal(await withLock(path, async () => 'free', { waitMs: 0 }), 'free');
  }));

test('leaves no empty lock on a full disk', async () => {
  const { open } = fs;
  fs.open = async (...given) => {
    const file = await open(...given);
    file.writeFile = () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
    return file;
  };
  syncBuiltinESMExports();
  try {
    await inFolder(async (path, folder) => {
      await assert.rejects(
        withLock(path, async () => {}),
        { code: 'disk' },
      );
      assert.equal(await withLock(path, async () => 'without', { orWithout: true }), 'without');
      assert.deepEqual(await readdir(folder), []);
    });
  } finally {
    fs.open = open;
    syncBuiltinESMExports();
  }
});

test('keeps its lock file fresh while it holds the lock', () =>
  inFolder(async (path) => {
    const signs = new Set<number>();
    await withLock(
      path,
      async () => {
        while (signs.size < 3) signs.add((await stat(`${path}.lock`)).mtimeMs);
      },
      { beatMs: 1 },
    );
  }));

test('stops waiting at an interruption', () =>
  inFolder(async (path) => {
    await withLock(path, async () => {
      const stop = new AbortController();
      const waiting = withLock(path, async () => {}, { signal: stop.signal });
      stop.abort();
      await assert.rejects(waiting, { code: 'interrupted' });
    });
  }));

test('reports a folder that cannot be written at once', () =>
  inFolder(async (_path, folder) => {
    await writeFile(join(folder, 'file'), '');
    await assert.rejects(
      withLock(join(folder, 'file', 'kept.json'), async () => {}),
      { code: 'disk' },
    );
    await mkdir(join(folder, 'folder.json.lock'));
    await assert.rejects(
      withLock(join(folder, 'folder.json'), async () => {}),
      { code: 'settings', message: /is a folder/ },
    );
  }));

test('replaces a link or a pipe in place of a lock, and keeps its target', { skip: onWindows() }, () =>
  inFolder(async (path, folder) => {
    const victim = join(folder, 'victim');
    await writeFile(victim, JSON.stringify(await thisProcess()), { mode: 0o644 });
    const before = await stat(victim);
    await symlink(victim, `${path}.lock`);
    const quick = { pollMs: 5, silentMs: 20 };
    assert.equal(await withLock(path, async () => 'mine', { ...quick, beatMs: 1 }), 'mine');
    assert.equal((await runProgram('mkfifo', [`${path}.lock`])).code, 0);
    assert.equal(await withLock(path, async () => 'mine', quick), 'mine');
    const after = await stat(victim);
    assert.deepEqual([after.mode, after.mtimeMs, after.size], [before.mode, before.mtimeMs, before.size]);
    assert.deepEqual(await readdir(folder), ['victim']);
  }),
);

test('obtains the lock eventually, with any content of the lock file', () =>
  inFolder(async (path, folder) => {
    const own = JSON.stringify(await thisProcess());
    for (const text of mutations(own, 60)) {
      await writeFile(`${path}.lock`, text);
      const options = { pollMs: 1, silentMs: 3, waitMs: 30 };
      const taken = await withLock(path, async () => 'mine', options).catch((error: unknown) => error);
      // If the text still names this running process, it counts as the holder, and others wait for it.
      if (taken !== 'mine') assert.equal((taken as { code?: string }).code, 'busy', text);
      for (const name of await readdir(folder)) await rm(join(folder, name));
    }
  }));

function onWindows(): string | false {
  return process.platform === 'win32' ? 'Windows has no such files' : false;
}

function notLinux(): string | false {
  return process.platform === 'linux' ? false : 'only Linux tells when a process started';
}

test(
  'works without a descriptor for the lock, and releases the lock without one',
  {
    skip: process.platform === 'win32' && 'Windows has no limit of open files',
  },
  () =>
    inFolder(async (path, folder) => {
      const limited = ['-c', 'ulimit -n 64; exec "$@"', 'sh', execPath];
      const { code, stdout, stderr } = await runProgram('sh', [
        ...limited,
        ...workerArgs('test/cli/settings/lock-worker', 'exhaust', path),
      ]);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, 'before during');
      assert.deepEqual(await readdir(folder), []);
    }),
);
