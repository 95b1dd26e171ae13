import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { startProxy } from '../cli/transfer/crash/proxy.ts';
import { CLI, type Computer, type DeployedStack, firstPart, signIn, withCloud } from './harness.ts';

const MIB = 1024 * 1024;

interface FileRow {
  readonly type: 'file';
  readonly bytes: number;
  readonly parts: number;
  readonly resumedBytes: number;
}

function rowsOf(stdout: string): readonly Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function startPut({ env, home }: Computer, ...args: readonly string[]) {
  return spawn(process.execPath, [CLI, 'put', ...args], {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Interrupts `put` after the row of the first file, which shows that the list is read. The rest of the list never arrives. */
async function interruptedAfterARow(child: ChildProcessWithoutNullStreams): Promise<void> {
  const errors = text(child.stderr);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'close'), [130, null], await errors);
  assert.match(await errors, /Interrupted/);
}

test('uploads over real networks', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { url } = await computer.json<DeployedStack>(['deploy', '--local', '--yes']);
    await signIn(computer);
    const big = Buffer.alloc(20 * MIB, 'edge');
    await writeFile(join(computer.home, 'big.bin'), big);
    await writeFile(join(computer.home, 'small.txt'), 'small');
    // At 4 MiB a second, the upload is still running when a busy machine sends the signal.
    await writeFile(join(computer.home, 'long.bin'), '');
    await truncate(join(computer.home, 'long.bin'), 128 * MIB);

    await t.test('through a CONNECT proxy, to an edge with its own certificate authority', async () => {
      const proxy = await startProxy();
      const token = (await computer.run(['token'])).stdout.trim();
      // A computer without a deployment: only its environment names the edge and the proxy.
      const env = {
        HOME: join(computer.home, 'elsewhere'),
        EDGE_UPLOAD_URL: url,
        EDGE_UPLOAD_TOKEN: token,
        HTTPS_PROXY: proxy.url,
      };
      const trusting = { ...env, NODE_EXTRA_CA_CERTS: cloud.caFile };
      try {
        // Node itself reads the file with the authorities.
        const put = await computer.built.run(['put', 'big.bin', 'small.txt', '--json'], { env: trusting });
        assert.equal(put.code, 0, put.stdout + put.stderr);
        const [one, other, summary] = rowsOf(put.stdout);
        const sizes = [one, other].map((row) => row?.bytes);
        assert.deepEqual(sizes.sort(), [big.length, 5].sort());
        assert.equal(summary?.stored, 2);
        const tunnels = proxy.tunnels();
        assert.ok(tunnels > 0 && proxy.sent() > big.length, 'everything went through the proxy');

        const direct = await computer.run(['put', 'small.txt'], {
          env: { ...trusting, NO_PROXY: '127.0.0.1' },
        });
        assert.equal(direct.code, 0, direct.stderr);
        assert.equal(proxy.tunnels(), tunnels, 'NO_PROXY is heeded');

        const stranger = await computer.run(['put', 'small.txt'], { env });
        assert.equal(stranger.code, 5, stranger.stderr);
        assert.match(stranger.stderr, /authority/);
        assert.match(stranger.stderr, /NODE_EXTRA_CA_CERTS/);
      } finally {
        await proxy.close();
      }
      const gone = await computer.run(['put', 'small.txt'], { env: trusting });
      assert.equal(gone.code, 5);
      assert.ok(gone.stderr.includes(`The proxy ${new URL(proxy.url).host} is unreachable`), gone.stderr);
    });

    await t.test('exits with 130 and the next command at Ctrl-C; the same command resumes', async () => {
      const child = startPut(computer, 'long.bin', '--as', 'slow', '--part-size', '5M', '--limit-rate', '4M');
      const errors = text(child.stderr);
      await firstPart(computer, child);
      child.kill('SIGINT');
      const [code] = await once(child, 'close');
      assert.equal(code, 130);
      assert.match(await errors, /are stored; the same command resumes from there/);
      const list = await computer.run(['uploads', 'list']);
      assert.match(list.stdout, /slow/);
      const again = await computer.run(['put', 'long.bin', '--as', 'slow', '--part-size', '5M', '--json']);
      assert.equal(again.code, 0, again.stderr);
      const row = rowsOf(again.stdout)[0] as unknown as FileRow;
      assert.equal(row.bytes, 128 * MIB);
      assert.ok(row.resumedBytes >= 5 * MIB, `resumed at ${row.resumedBytes} bytes`);
      assert.doesNotMatch((await computer.run(['uploads', 'list'])).stdout, /slow/);
    });

    await t.test('stops at once at a second Ctrl-C', async () => {
      const child = startPut(computer, 'long.bin', '--as', '2x', '--part-size', '5M', '--limit-rate', '4M');
      await firstPart(computer, child);
      child.kill('SIGINT');
      child.kill('SIGINT');
      const [code] = await once(child, 'close');
      assert.equal(code, 130);
      const { code: aborted } = await computer.run(['uploads', 'abort', '--all']);
      assert.equal(aborted, 0);
    });

    await t.test('stops waiting for a list on standard input at Ctrl-C', async () => {
      const child = spawn(process.execPath, [CLI, 'put', '--files-from', '-'], {
        cwd: computer.home,
        env: computer.env,
      });
      child.stdin.write('small.txt\n');
      await interruptedAfterARow(child);
    });

    await t.test('stops waiting for a list in a named pipe at Ctrl-C', async () => {
      const path = join(computer.home, 'list');
      execFileSync('mkfifo', [path]);
      const pipe = await open(path, 'r+');
      try {
        const child = spawn(process.execPath, [CLI, 'put', '--files-from', path], {
          cwd: computer.home,
          env: computer.env,
        });
        await pipe.write('small.txt\n');
        await interruptedAfterARow(child);
      } finally {
        await pipe.close();
      }
    });

    await t.test('ends a list in a named pipe with its writer', async () => {
      const child = spawn(
        'bash',
        ['-c', `"$0" "$1" put --files-from <(echo small.txt)`, process.execPath, CLI],
        {
          cwd: computer.home,
          env: computer.env,
        },
      );
      const rows = text(child.stdout);
      assert.deepEqual(await once(child, 'close'), [0, null]);
      assert.match(await rows, /small\.txt/);
    });
  });
});
