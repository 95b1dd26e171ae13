import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { findIsolation } from '../../../../local/lambda/instances/namespace.ts';
import { createLambda } from '../../../../local/lambda/service.ts';
import { openRoom } from '../support.ts';

const children = (pid: number) => `/proc/${pid}/task/${pid}/children`;
const ENDS_WITH_CLOUD = /ends with the cloud/.test(findIsolation().description);
const skip = existsSync(children(process.pid)) ? false : 'this system does not list child processes in /proc';

test('when the cloud is killed, its warm instances end and its functions are still there', {
  skip,
}, async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'lambda-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const host = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script(dataDir)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => host.kill('SIGKILL'));
  const [chunk] = await once(host.stdout, 'data');
  const arn = String(chunk).trim();
  const instances = descendants(String(host.pid));
  assert.ok(instances.length > 0);
  host.kill('SIGKILL');
  while (instances.some((pid) => existsSync(`/proc/${pid}`))) await pause(10);

  const { options } = await openRoom(t, { dataDir });
  const again = createLambda(options);
  t.after(() => again.close());
  assert.deepEqual(await again.invoke(arn, {}), { outcome: 'returned', value: 'well' });
});

test('when the cloud is killed, code in an endless loop ends where the system can end it', {
  skip: skip || (ENDS_WITH_CLOUD ? false : 'this system does not end processes with their parent'),
}, async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'lambda-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const loop = "console.log('looping'); for (;;);";
  const host = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script(dataDir, loop)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => host.kill('SIGKILL'));
  await once(host.stdout, 'data');
  const instances = descendants(String(host.pid));
  assert.ok(instances.length > 0);
  host.kill('SIGKILL');
  while (instances.some((pid) => existsSync(`/proc/${pid}`))) await pause(10);
});

/** Processes that a process started, and those that they did. */
function descendants(pid: string): string[] {
  const own = readFileSync(children(Number(pid)), 'utf8')
    .split(' ')
    .filter(Boolean);
  return own.flatMap((child) => [child, ...descendants(child)]);
}

/** A cloud's worth of Lambda in a process of its own: publishes, runs once, tells the version, and stays. */
function script(dataDir: string, body = "return 'well'"): string {
  return `
    import { createLambda } from './local/lambda/service.ts';
    import { sandboxSource } from './test/local/lambda/support.ts';
    import { Identities } from './local/auth/identities.ts';
    const { resources, invoke } = createLambda({
      dataDir: ${JSON.stringify(dataDir)},
      sandboxSource: await sandboxSource(),
      now: () => new Date(),
      identities: new Identities({ wellKnownKeys: true }),
      network: async () => ({ status: 404 }),
      isReplicated: () => false,
      roleTrusts: () => ['lambda.amazonaws.com'],
      log: (group, stream, message) => { if (message.includes('looping')) process.stdout.write('looping'); },
    });
    const create = (type, logicalId, properties) => resources
      .find((resource) => resource.type === type)
      .create({ stackName: 's', logicalId, suffix: '0123456789abcdefghij', properties });
    await create('AWS::Lambda::Function', 'F', {
      FunctionName: 'named', Code: { ZipFile: ${JSON.stringify(`exports.handler = async () => { ${body} }`)} }, Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/edge', Runtime: 'nodejs24.x',
    });
    const { physicalId } = await create('AWS::Lambda::Version', 'V', { FunctionName: 'named' });
    await invoke(physicalId, {});
    process.stdout.write(physicalId);
    setInterval(() => {}, 1000);`;
}
