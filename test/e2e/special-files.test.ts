import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { rememberDeployment } from '../../cli/settings/deployments.ts';
import { testContext } from '../support/context.ts';
import { type Ran, runProgram } from '../support/programs.ts';
import { listen } from '../support/serve.ts';

/* Pipes and devices in place of files. The built command line refuses them, or Ctrl-C ends the wait. */

const skip = process.platform === 'win32' && 'Windows has no such files';

async function homeFor(t: TestContext): Promise<{ readonly home: string; readonly pipe: string }> {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-special-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const pipe = join(home, 'pipe');
  execFileSync('mkfifo', [pipe]);
  return { home, pipe };
}

const PROGRAM = ['dist/edge-upload.cjs'];
const environment = (home: string, more: Record<string, string> = {}) => ({
  PATH: process.env.PATH,
  HOME: home,
  EDGE_UPLOAD_KEYRING: 'off',
  ...more,
});

function cli(home: string, args: readonly string[], more: Record<string, string> = {}): Promise<Ran> {
  return runProgram(process.execPath, [...PROGRAM, ...args], { env: environment(home, more) });
}

test('refuses a pipe or a device as AWS configuration by its path', { skip }, async (t) => {
  const { home, pipe } = await homeFor(t);
  for (const path of [pipe, '/dev/zero']) {
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) {
      const { code, stderr } = await cli(home, ['status', '--stack-name', 'x'], { [name]: path });
      assert.equal(code, 1, stderr);
      assert.match(stderr, new RegExp(`The AWS configuration ${path} is not a plain file\\.`));
    }
  }
  const off = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
  const { stderr } = await cli(home, ['status', '--stack-name', 'x'], {
    ...off,
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  assert.match(stderr, /no AWS credentials were found\./);
});

test('refuses a pipe or a device as certificate of an embedded cloud', {
  skip,
}, async (t) => {
  const { home, pipe } = await homeFor(t);
  const url = await listen(t, (_request, response) => void response.writeHead(401).end());
  for (const caFile of [pipe, '/dev/zero']) {
    const context = testContext({ env: { HOME: home }, home });
    await rememberDeployment(context, { name: 'x', url, local: { endpoint: url, caFile } });
    for (const command of [['whoami'], ['doctor', '--json']]) {
      const { stdout, stderr } = await cli(home, command, { EDGE_UPLOAD_TOKEN: 'a.b.c' });
      assert.match(stdout + stderr, new RegExp(`certificate ${caFile} cannot be read`), command[0]);
    }
  }
});

test('stops waiting for a pipe without a writer at Ctrl-C', { skip }, async (t) => {
  const { home, pipe } = await homeFor(t);
  for (const args of [
    ['deploy', '--file', pipe],
    ['trust', '--file', pipe],
    ['put', '--files-from', pipe],
  ]) {
    const env = environment(home, { EDGE_UPLOAD_URL: 'http://127.0.0.1:9', EDGE_UPLOAD_TOKEN: 'a.b.c' });
    const child = spawn(process.execPath, [...PROGRAM, ...args], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = text(child.stderr);
    // The open returns once the command reads.
    const writer = await open(pipe, 'w');
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    await writer.close();
    assert.equal(code, 130, `${args.join(' ')}: ${await said}`);
  }
});
