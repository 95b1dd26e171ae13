import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Identities } from '../../../local/auth/identities.ts';
import { sign } from '../../../local/auth/sigv4.ts';
import { createCloudFormation } from '../../../local/cloudformation/service.ts';
import type { Faults } from '../../../local/faults.ts';
import { FakeCloud, thingsInFolder } from './fake-resources.ts';

/** What a process that is going to be killed is told, as JSON in its first argument. */
export interface KillPlan {
  /** Stacks in `stacks/…`, things in `things/`. */
  readonly folder: string;
  /** Sent once what was left under way has come to rest. */
  readonly query?: Readonly<Record<string, string>>;
  readonly faults: Faults;
  /** The step at which the process kills itself; half steps are after the write, whole ones before it. */
  readonly killAt?: number;
}

/** Counts what is written down, and dies at the step it is told: no handler of the process ever runs. */
function dieAt(killAt = Number.POSITIVE_INFINITY): () => number {
  let steps = 0;
  const { renameSync, rmSync } = fs;
  const counted =
    <A extends unknown[]>(write: (...given: A) => void) =>
    (...given: A) => {
      steps += 1;
      if (steps === killAt) process.kill(process.pid, 'SIGKILL');
      write(...given);
      if (steps + 0.5 === killAt) process.kill(process.pid, 'SIGKILL');
    };
  fs.renameSync = counted(renameSync);
  fs.rmSync = counted(rmSync);
  syncBuiltinESMExports();
  return () => steps;
}

/** A cloud over a folder, as each process of the story has it. */
export function cloudIn(folder: string, faults: Faults) {
  const cloud = new FakeCloud(thingsInFolder(join(folder, 'things')));
  const options = {
    dataDir: folder,
    now: () => new Date(),
    identities: new Identities({ wellKnownKeys: true }),
    faults,
    getObject: async () => ({ status: 404 }),
  };
  return { cloud, service: createCloudFormation({ ...options, resources: cloud.handlers() }) };
}

/** Sends a request past the network. */
export async function send(
  { handle }: ReturnType<typeof createCloudFormation>,
  query: Readonly<Record<string, string>>,
): Promise<void> {
  const body = new URLSearchParams({ Version: '2010-05-15', ...query }).toString();
  const request = { method: 'POST', path: '/', query: '', headers: { host: '127.0.0.1' } };
  const signature = sign(request, {
    accessKeyId: 'test',
    secret: 'test',
    service: 'cloudformation',
    region: 'us-east-1',
    now: new Date(),
    payloadHash: createHash('sha256').update(body).digest('hex'),
  });
  const headers = { ...request.headers, ...signature };
  const answer = await handle({ ...request, headers, body: Readable.from([Buffer.from(body)]) });
  if (answer.status !== 200) throw new Error(String(answer.body));
}

if (process.argv[1] === import.meta.filename && process.argv[2] !== undefined) {
  const { folder, query, faults, killAt } = JSON.parse(process.argv[2]) as KillPlan;
  const steps = dieAt(killAt);
  const { service } = cloudIn(folder, faults);
  await service.resume();
  await service.idle();
  if (query !== undefined) await send(service, query);
  await service.idle();
  process.stdout.write(String(steps()));
}
