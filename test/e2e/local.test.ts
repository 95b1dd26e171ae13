import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from 'node:process';
import { type TestContext, test } from 'node:test';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { packageVersion } from '../../cli/package-root.ts';
import { missing, runProgram } from '../support/programs.ts';
import { listen } from '../support/serve.ts';
import { CLI, type Computer, computerAt, type LocalStatus, signIn, withCloudProcess } from './harness.ts';

/** A computer whose cloud is stopped after the test. */
async function computerFor(t: TestContext, more: NodeJS.ProcessEnv = {}): Promise<Computer> {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-local-'));
  const computer = computerAt(home, more);
  t.after(async () => {
    await computer.run(['local', 'stop']);
    await rm(home, { recursive: true, force: true });
  });
  return computer;
}

/** Returns STS's response to a caller with this key. */
async function identity(
  { endpoint }: LocalStatus,
  accessKeyId: string,
  secretAccessKey: string,
): Promise<string> {
  const sts = new STSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  try {
    return (await sts.send(new GetCallerIdentityCommand({}))).Account ?? '';
  } catch (error) {
    return (error as Error).name;
  } finally {
    sts.destroy();
  }
}

test('directs the AWS CLI to the embedded cloud with eval "$(edge-upload local env)"', {
  skip: missing('aws'),
}, async () => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-env-'));
  await withCloudProcess(
    async (computer, cloud) => {
      const bin = join(home, 'edge-upload');
      await writeFile(bin, `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`, { mode: 0o755 });
      const script = [
        'set -eu',
        'eval "$(edge-upload local env)"',
        'aws sts get-caller-identity --query Account --output text',
        'aws s3 mb s3://made-by-the-cli',
        'aws s3 ls',
        'edge-upload ls --stack-name edge-upload >/dev/null',
        'printf "%s\\n" "$AWS_CA_BUNDLE" "$NODE_EXTRA_CA_CERTS"',
        'env | grep -c "^AWS_PROFILE=" || true',
      ].join('\n');
      await computer.json(['deploy', '--local', '--yes']);
      const { code, stdout, stderr } = await runProgram('sh', ['-c', script], {
        cwd: computer.home,
        env: {
          ...computer.env,
          PATH: `${home}:${process.env.PATH}`,
          HTTP_PROXY: 'http://127.0.0.1:1',
          HTTPS_PROXY: 'http://127.0.0.1:1',
          NO_PROXY: '.corp.example',
          AWS_PROFILE: 'of-another-account',
          AWS_ACCESS_KEY_ID: 'AKIAOFANOTHERACCOUNT',
          AWS_SECRET_ACCESS_KEY: 'a secret of another account',
          AWS_SESSION_TOKEN: 'a token of another account',
          AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
          AWS_PAGER: '',
        },
      });
      assert.equal(code, 0, stderr);
      const lines = stdout.trimEnd().split('\n');
      assert.equal(lines[0], '000000000000');
      assert.match(stdout, /made-by-the-cli\n/);
      assert.deepEqual(lines.slice(-3), [cloud.caFile, cloud.caFile, '0']);
    },
    { XDG_DATA_HOME: join(home, `it's "a" $HOME \`folder\``) },
  );
  await rm(home, { recursive: true });
});

test('prints JSON too, and fails if no cloud runs', async (t) => {
  const computer = await computerFor(t);
  const none = await computer.run(['local', 'env']);
  assert.equal(none.code, 8);
  assert.equal(none.stdout, '', 'a shell has nothing to evaluate');
  assert.match(none.stderr, /not running[\s\S]*edge-upload local start/);
  const cloud = await computer.json<LocalStatus>(['local', 'start', '--port', '0']);
  const { set, unset } = await computer.json<{ set: NodeJS.ProcessEnv; unset: string[] }>(['local', 'env']);
  assert.equal(set.AWS_ENDPOINT_URL, cloud.endpoint);
  assert.equal(set.AWS_SECRET_ACCESS_KEY, cloud.secretAccessKey);
  assert.ok(unset.includes('AWS_SESSION_TOKEN'));
});

test('finds the key without the user, and prints its secret only on request', async (t) => {
  // Credentials of a real account in the environment are not used, and cause no error.
  const real = {
    AWS_ACCESS_KEY_ID: 'AKIAREALREALREALREAL',
    AWS_SECRET_ACCESS_KEY: 'real',
    AWS_PROFILE: 'none',
  };
  const computer = await computerFor(t, real);
  const started = await computer.run(['local', 'start', '--port', '0']);
  assert.equal(started.code, 0, started.stderr);
  const cloud = await computer.json<LocalStatus>(['local', 'status']);
  const { accessKeyId, secretAccessKey, dataDir, pid } = cloud;
  assert.match(accessKeyId, /^AKIA[A-Z2-7]{16}$/);
  const plain = await computer.run(['local', 'status']);
  for (const { stdout, stderr } of [started, plain]) {
    assert.ok(stdout.includes(accessKeyId));
    assert.ok(!`${stdout}${stderr}`.includes(secretAccessKey));
    assert.match(stdout, /eval "\$\(edge-upload local env\)"/);
  }
  assert.match(plain.stdout, /^ {2}functions +own process/m);
  assert.equal(statSync(join(dataDir, 'keys.json')).mode & 0o777, 0o600);
  assert.equal(statSync(dataDir).mode & 0o777, 0o700);
  const log = await readFile(join(dataDir, 'cloud.log'), 'utf8');
  assert.ok(!log.includes(secretAccessKey));

  await computer.json(['deploy', '--local', '--yes']);
  await signIn(computer);
  await writeFile(join(computer.home, 'a.txt'), 'a');
  assert.equal((await computer.run(['put', 'a.txt'])).code, 0);
  assert.match((await computer.run(['ls'])).stdout, /a\.txt/);
  assert.equal((await computer.run(['destroy', '--yes'])).code, 0);

  if (process.platform === 'linux') {
    const inherited = await readFile(`/proc/${pid}/environ`, 'utf8');
    const names = inherited.split('\0').map((pair) => pair.split('=')[0] ?? '');
    const foreign = names.filter(
      (name) => !/^(PATH|LANG|LC_.*|TZ|TMPDIR|XDG_CACHE_HOME|NODE_CHANNEL_.*|NODE_V8_COVERAGE|)$/.test(name),
    );
    assert.deepEqual(foreign, []);
  }
});

test('passes only allowed variables to the cloud’s process', {
  skip: process.platform !== 'linux' && 'environments of processes are read from /proc',
}, async (t) => {
  const computer = await computerFor(t, {
    HTTPS_PROXY: 'http://user:password@127.0.0.1:1',
    http_proxy: 'http://127.0.0.1:1',
    NODE_OPTIONS: '--no-warnings',
    NODE_EXTRA_CA_CERTS: '/dev/null',
    EDGE_UPLOAD_TOKEN: 'a-token',
    EDGE_UPLOAD_PASSWORD: 'a-password',
    GITHUB_TOKEN: 'a-token',
    SSH_AUTH_SOCK: '/run/agent',
    DOCKER_HOST: 'unix:///run/docker',
    npm_config__auth: 'a-token',
    LD_PRELOAD: '',
    TZ: 'Europe/Vienna',
    EDGE_UPLOAD_LOCAL_FAULTS: '{}',
  });
  const { pid } = await computer.json<LocalStatus>(['local', 'start', '--port', '0']);
  const environ = await readFile(`/proc/${pid}/environ`, 'utf8');
  assert.match(environ, /TZ=Europe\/Vienna/);
  assert.doesNotMatch(
    environ,
    /proxy|a-token|a-password|NODE_OPTIONS|NODE_EXTRA|agent|docker|LD_PRELOAD|\bHOME=/i,
  );
});

test('accepts well-known keys only on request, with a warning', async (t) => {
  const computer = await computerFor(t);
  const open = await computer.run(['local', 'start', '--port', '0', '--well-known-keys']);
  assert.equal(open.code, 0, open.stderr);
  assert.match(
    open.stderr,
    /every access key whose secret is the same word[\s\S]*can read, change and delete/,
  );
  const cloud = await computer.json<LocalStatus>(['local', 'status']);
  assert.deepEqual([cloud.accessKeyId, cloud.secretAccessKey], ['test', 'test']);
  assert.equal(await identity(cloud, 'test', 'test'), '000000000000');
  await computer.json(['deploy', '--local', '--dry-run']);
  await computer.run(['local', 'stop']);

  const closed = await computer.json<LocalStatus>(['local', 'start']);
  assert.equal(closed.endpoint, cloud.endpoint);
  assert.equal(await identity(closed, 'test', 'test'), 'InvalidClientTokenId');
  assert.equal(await identity(closed, closed.accessKeyId, closed.secretAccessKey), '000000000000');
  const refused = await computer.run(['local', 'start', '--well-known-keys']);
  assert.equal(refused.code, 8);
  assert.match(refused.stderr, /without --well-known-keys[\s\S]*edge-upload local stop/);
  const { port } = new URL((await computer.json<LocalStatus>(['local', 'status'])).endpoint);
  for (const [wanted, code] of [
    [port, 0],
    ['0', 0],
    [port === '4601' ? '4602' : '4601', 8],
  ] as const) {
    const again = await computer.run(['local', 'start', '--port', wanted]);
    assert.equal(again.code, code, again.stderr);
    if (code === 0) assert.match(again.stdout, /already running[\s\S]*^ {2}functions {3}\S/m);
    if (code !== 0)
      assert.match(again.stderr, /already running, on port \d+\.\n[\s\S]*edge-upload local stop/);
  }
});

test('keeps the port and replaces the key at a reset', async (t) => {
  const computer = await computerFor(t);
  const before = await computer.json<LocalStatus>(['local', 'start', '--port', '0']);
  await computer.json(['local', 'reset', '--yes']);
  const after = await computer.json<LocalStatus>(['local', 'start']);
  assert.equal(after.endpoint, before.endpoint);
  assert.notEqual(after.secretAccessKey, before.secretAccessKey);
  assert.equal(await identity(after, before.accessKeyId, before.secretAccessKey), 'InvalidClientTokenId');
});

test('restarts a cloud of an earlier version, as it was started, and uses one of a later version', async (t) => {
  const computer = await computerFor(t);
  const start = (...args: readonly string[]) => computer.json<LocalStatus>(['local', 'start', ...args]);
  let cloud = await start('--port', '0', '--well-known-keys');
  const rewrite = async (version: string | undefined) => {
    const file = join(cloud.dataDir, 'cloud.json');
    const written = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...written, version }));
  };
  for (const version of ['0.0.9', `${packageVersion()}-rc.1`, undefined]) {
    await rewrite(version);
    const { pid, ...same } = await start();
    assert.notEqual(pid, cloud.pid, version);
    const { pid: _replaced, isolation: _isolation, ...before } = { isolation: undefined, ...cloud };
    assert.deepEqual(same, before, 'keeps its port, keys and --well-known-keys');
    cloud = { ...same, pid };
  }
  for (const version of ['999.0.0', '0.10.0']) {
    await rewrite(version);
    assert.equal((await start()).pid, cloud.pid, version);
  }
});

test('names a port in use', async (t) => {
  const computer = await computerFor(t);
  const { port } = new URL(await listen(t, (_request, response) => response.end('{}')));
  const { code, stdout, stderr } = await computer.run(['local', 'start', '--port', port]);
  assert.equal(code, 8);
  assert.equal(stdout, '');
  assert.match(stderr, new RegExp(`Port ${port} is in use by another program\\.`));
  assert.match(stderr, /^ *edge-upload local start --port <number>$/m);
  assert.doesNotMatch(stderr, /EADDRINUSE/);
});

test('recognises another program at the port of a killed cloud', async (t) => {
  const computer = await computerFor(t);
  const { pid, endpoint, dataDir } = await computer.json<LocalStatus>(['local', 'start', '--port', '0']);
  const description = join(dataDir, 'cloud.json');
  const written = await readFile(description, 'utf8');
  kill(pid, 'SIGKILL');
  const asked: (string | undefined)[] = [];
  const impostor = createServer((request, response) => {
    asked.push(request.headers.authorization);
    response.end(JSON.stringify({ dataDir, pid, endpoint }));
  });
  /** Listens on the port, which the system frees some time after the process has ended. */
  const listen = async (): Promise<void> => {
    impostor.listen(Number(new URL(endpoint).port), '127.0.0.1');
    try {
      await once(impostor, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      return listen();
    }
  };
  await listen();
  t.after(() => impostor.close());
  assert.equal(await readFile(description, 'utf8'), written);
  assert.equal((await computer.json<{ running: boolean }>(['local', 'status'])).running, false);
  assert.equal(asked.length, 1);
  // The command sent nothing that the next cloud accepts.
  const { accessKeyId } = JSON.parse(await readFile(join(dataDir, 'keys.json'), 'utf8')) as {
    accessKeyId: string;
  };
  assert.ok(!asked.join().includes(accessKeyId));
});

test('does not wait for an endless response at the cloud’s address', async (t) => {
  const computer = await computerFor(t);
  const { dataDir } = await computer.json<{ dataDir: string }>(['local', 'status']);
  mkdirSync(dataDir, { recursive: true });
  const block = 'x'.repeat(65_536);
  const endpoint = await listen(t, (_request, response) => {
    const more = () => {
      while (response.write(block));
    };
    response.on('drain', more).on('error', () => {});
    more();
  });
  const control = { token: 'a', proof: 'b' };
  writeFileSync(join(dataDir, 'cloud.json'), JSON.stringify({ endpoint, dataDir, pid: 1, control }));
  assert.equal((await computer.json<{ running: boolean }>(['local', 'status'])).running, false);
});

test('starts the cloud despite a damaged port file', async (t) => {
  const computer = await computerFor(t);
  const { dataDir } = await computer.json<{ dataDir: string }>(['local', 'status']);
  mkdirSync(dataDir, { recursive: true });
  const free = createServer();
  free.listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  await new Promise((closed) => free.close(closed));
  writeFileSync(join(dataDir, 'port.json'), `${port}`);
  const kept = await computer.json<LocalStatus>(['local', 'start']);
  assert.equal(kept.endpoint, `http://127.0.0.1:${port}`);
  await computer.run(['local', 'stop']);
  for (const text of ['{', '99999']) {
    writeFileSync(join(dataDir, 'port.json'), text);
    const { code, stderr } = await computer.run(['local', 'start']);
    // Another cloud can be on the default port.
    if (code !== 0) assert.match(stderr, /Port 4599 is in use/, text);
    await computer.run(['local', 'stop']);
  }
});

test('treats a damaged description as no running cloud', async (t) => {
  const computer = await computerFor(t);
  const { dataDir } = await computer.json<{ dataDir: string }>(['local', 'status']);
  mkdirSync(dataDir, { recursive: true });
  for (const text of ['{', 'null', '{"endpoint":7}', '{"endpoint":"http://127.0.0.1:1"}']) {
    writeFileSync(join(dataDir, 'cloud.json'), text);
    assert.equal((await computer.json<{ running: boolean }>(['local', 'status'])).running, false, text);
  }
});

test('makes the target of a linked state folder private, and empties it on reset', async (t) => {
  const computer = await computerFor(t);
  const { dataDir } = await computer.json<{ dataDir: string }>(['local', 'status']);
  const disk = join(computer.home, 'disk');
  mkdirSync(disk, { mode: 0o755 });
  mkdirSync(join(dataDir, '..'), { recursive: true });
  symlinkSync(disk, dataDir);
  const cloud = await computer.json<LocalStatus>(['local', 'start', '--port', '0']);
  assert.equal(statSync(disk).mode & 0o777, 0o700);
  assert.equal(await identity(cloud, cloud.accessKeyId, cloud.secretAccessKey), '000000000000');
  await computer.json(['local', 'reset', '--yes']);
  assert.deepEqual(readdirSync(disk), ['port.json']);
});

test('refuses another user’s state folder before anything is written to it', {
  skip: process.getuid?.() !== 0 && 'only root gives folders away',
}, async (t) => {
  const computer = await computerFor(t);
  const { dataDir } = await computer.json<{ dataDir: string }>(['local', 'status']);
  mkdirSync(dataDir, { recursive: true });
  const victim = join(computer.home, 'victim');
  writeFileSync(victim, 'mine\n');
  symlinkSync(victim, join(dataDir, 'cloud.log'));
  spawnSync('chown', ['-h', '4242', join(dataDir, 'cloud.log')]);
  chownSync(dataDir, 4242, 4242);
  const { code, stderr } = await computer.run(['local', 'start', '--port', '0']);
  assert.notEqual(code, 0);
  assert.ok(stderr.includes(dataDir), stderr);
  assert.equal(await readFile(victim, 'utf8'), 'mine\n');
  await rm(join(dataDir, 'cloud.log'));
  const again = await computer.run(['local', 'start', '--port', '0']);
  assert.equal(again.code, 8);
  assert.match(again.stderr, /belongs to another user/);
  assert.deepEqual(readdirSync(dataDir), ['cloud.log']);
});
