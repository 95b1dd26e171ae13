import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Cloud, openCloud } from './cloud.ts';
import { createControl } from './control.ts';
import type { Faults } from './faults.ts';
import { JsonFile } from './state.ts';

/**
 * The embedded cloud as a process of its own: `node dist/local.js --data-dir <folder> [--port <n>]`, by default on the
 * port it had last, else 4599. It tells its parent over the IPC channel when it serves, or why it cannot, and ends on
 * SIGTERM.
 */
const { values } = parseArgs({
  options: { 'data-dir': { type: 'string' }, port: { type: 'string' } },
});
const dataDir = values['data-dir'];
if (dataDir === undefined) throw new Error('--data-dir is missing');

mkdirSync(dataDir, { recursive: true, mode: 0o700 });
chmodSync(dataDir, 0o700);
const description = new JsonFile<object>(join(dataDir, 'cloud.json'));
const lastPort = new JsonFile<number>(join(dataDir, 'port.json'));

const describe = ({ endpoint, caFile, outboxDir }: Cloud) => ({
  endpoint,
  caFile,
  outboxDir,
  dataDir,
  pid: process.pid,
});

const faultsJson = process.env.EDGE_UPLOAD_LOCAL_FAULTS;
const faults = faultsJson ? (JSON.parse(faultsJson) as Faults) : undefined;
const control = createControl({ describe: () => describe(cloud), faults });

let cloud: Cloud;
try {
  cloud = await openCloud({
    dataDir,
    port: values.port === undefined ? (lastPort.read() ?? 4599) : Number(values.port),
    control,
    ...(faults === undefined ? {} : { faults }),
    onDefect: (error) => process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`),
  });
} catch (error) {
  const { message, code } = error as NodeJS.ErrnoException;
  process.send?.({ failed: { message, code } });
  process.disconnect?.();
  throw error;
}
lastPort.write(Number(new URL(cloud.endpoint).port));
description.write(describe(cloud));
process.send?.({ ready: describe(cloud) });

const stop = async () => {
  description.remove();
  await cloud.close();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
