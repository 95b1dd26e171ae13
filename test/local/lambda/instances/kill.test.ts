import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createLambda } from '../../../../local/lambda/service.ts';
import { openRoom } from '../support.ts';

const children = (pid: number) => `/proc/${pid}/task/${pid}/children`;
const skip = existsSync(children(process.pid)) ? false : 'this system does not list child processes in /proc';

test('ends warm instances with a killed cloud, and keeps its functions', {
  skip,
}, async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'lambda-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const arn = await killed(t, script(dataDir));
  const { options } = await openRoom(t, { dataDir });
  const again = createLambda(options);
  t.after(() => again.close());
  assert.deepEqual(await again.invoke(arn, {}), { outcome: 'returned', value: 'well' });
});

const LOOP = "console.log('looping'); for (;;);";

for (const [isolation, program] of [
  ['isolated by the kernel', (dataDir: string) => script(dataDir, LOOP)],
  ['without isolation', () => bareInstance(LOOP)],
] as const) {
  test(`ends an endless loop with a killed cloud, ${isolation}`, { skip }, async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'lambda-'));
    t.after(() => rm(dataDir, { recursive: true, force: true }));
    await killed(t, program(dataDir));
  });
}

/** Runs a cloud until it writes something, kills it, and waits for the end of all its processes. Returns its output. */
async function killed(t: TestContext, program: string): Promise<string> {
  const host = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => host.kill('SIGKILL'));
  const [chunk] = await once(host.stdout, 'data');
  const instances = descendants(String(host.pid));
  assert.ok(instances.length > 0);
  host.kill('SIGKILL');
  while (instances.some((pid) => existsSync(`/proc/${pid}`))) await pause(10);
  return String(chunk).trim();
}

/** Returns a program with an instance that runs this code without the kernel's isolation. */
function bareInstance(code: string): string {
  return `
    import { Instance } from './local/lambda/instances/instance.ts';
    import { instanceOptions } from './test/local/lambda/support.ts';
    const openLog = () => ({ name: 'stream', write: (text) => text.includes('looping') && process.stdout.write('looping') });
    const options = await instanceOptions(${JSON.stringify(code)});
    new Instance({ ...options, initTimeout: 100, openLog });`;
}

/** Returns the descendants of a process. */
function descendants(pid: string): string[] {
  const own = readFileSync(children(Number(pid)), 'utf8')
    .split(' ')
    .filter(Boolean);
  return own.flatMap((child) => [child, ...descendants(child)]);
}

/** A program with an embedded Lambda: publishes a function, runs it once, prints its version, and keeps running. */
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
