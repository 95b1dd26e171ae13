import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { omitUndefined } from '../protocol/fields.ts';
import { type Cloud, openCloud } from './cloud.ts';
import { preparedKeyPairs } from './cognito/keys.ts';
import { createControl, newControlSecrets } from './control.ts';
import type { Faults } from './faults.ts';
import { JsonFile } from './json-file.ts';

/*
 * The process of the embedded cloud: `node dist/local.cjs --data-dir <folder> --version <version> [--port <n>]
 * [--well-known-keys] [--with-parent]`. The default port is the last one, else 4599. Over the IPC channel it reports that
 * it serves, or why it cannot. SIGTERM ends it, and with `--with-parent` the end of the process that started it.
 */

const { values } = parseArgs({
  options: {
    'data-dir': { type: 'string' },
    // Commands of a later version restart the cloud.
    version: { type: 'string' },
    port: { type: 'string' },
    'well-known-keys': { type: 'boolean', default: false },
    'with-parent': { type: 'boolean', default: false },
  },
});
const DEFAULT_PORT = 4599;
const { 'data-dir': dataDir, version, 'well-known-keys': wellKnownKeys } = values;
if (dataDir === undefined) throw new Error('--data-dir is missing');

// The system closes the channel of a process that was killed, too.
if (values['with-parent']) process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));

const description = new JsonFile<{ readonly pid: number; readonly [field: string]: unknown }>(
  join(dataDir, 'cloud.json'),
);
const portFile = new JsonFile<number>(join(dataDir, 'port.json'));

/**
 * Creates the folder of a cloud's state, or makes an existing one private (0700).
 * @throws Error if it belongs to another user, who could read and replace the files
 */
function openStateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (process.getuid !== undefined && statSync(path).uid !== process.getuid()) {
    throw new Error(`the folder ${path} belongs to another user`);
  }
  chmodSync(path, 0o700);
}

/** A reset does not delete this file, so a damaged one must not prevent the next start. */
function lastPort(): number {
  try {
    const port = portFile.read();
    return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536 ? Number(port) : DEFAULT_PORT;
  } catch (error) {
    if (error instanceof SyntaxError) return DEFAULT_PORT;
    throw error;
  }
}

const describe = ({ endpoint, caFile, outboxDir }: Cloud) => ({
  endpoint,
  caFile,
  outboxDir,
  dataDir,
  version,
  wellKnownKeys,
  pid: process.pid,
});

const faultsJson = process.env.EDGE_UPLOAD_LOCAL_FAULTS;
const faults = faultsJson ? (JSON.parse(faultsJson) as Faults) : undefined;
const poolKeysFile = process.env.EDGE_UPLOAD_LOCAL_POOL_KEYS;
const secrets = newControlSecrets();
const control = createControl({
  secrets,
  describe: () => describe(cloud),
  isolation: () => cloud.isolation(),
  faults,
});

// The log is on the same disk as the state. If it cannot be written, the cloud still serves.
process.stderr.on('error', () => {});

let cloud: Cloud;

/** Opens the cloud and reports the result to the process that started this one. */
async function serve(stateFolder: string): Promise<void> {
  try {
    openStateFolder(stateFolder);
    cloud = await openCloud({
      dataDir: stateFolder,
      port: values.port === undefined ? lastPort() : Number(values.port),
      wellKnownKeys,
      control,
      ...omitUndefined({ faults, newPoolKeys: poolKeysFile ? preparedKeyPairs(poolKeysFile) : undefined }),
      onDefect: (error) => process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`),
    });
    portFile.write(Number(new URL(cloud.endpoint).port));
    // A program that can read this file (mode 0600) can control the cloud.
    description.write({ ...describe(cloud), control: secrets });
  } catch (error) {
    const { message, code, path, port } = error as NodeJS.ErrnoException & { readonly port?: number };
    process.send?.({ failed: { message, code, path, port } });
    process.disconnect?.();
    throw error;
  }
  process.send?.({ ready: { ...describe(cloud), control: secrets } });
}

/** Whether the description is this cloud's. Another cloud can have started after the folder was deleted. */
function isDescribed(): boolean {
  try {
    return description.read()?.pid === process.pid;
  } catch {
    // A damaged or foreign file is not this cloud's.
    return false;
  }
}

async function stop(): Promise<void> {
  await cloud.close();
  if (isDescribed()) description.remove();
  process.exit(0);
}

void serve(dataDir).then(() => {
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
});
