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

/** Input of a process that kills itself: JSON in its first argument. */
export interface KillPlan {
  /** Stacks in `stacks/…`, things in `things/`. */
  readonly folder: string;
  /** Request to send once no operation is running. */
  readonly query?: Readonly<Record<string, string>>;
  readonly faults: Faults;
  /** The step at which the process kills itself: whole steps before the write, half steps after it. */
  readonly killAt?: number;
}

/** Counts writes, and kills the process at the given step with SIGKILL, so that no exit handler runs. */
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

/** Opens the cloud in a folder, as each process of a scenario does. */
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

/** Calls the handler directly, without a network request. */
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
