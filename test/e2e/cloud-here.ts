import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../../cli/package-root.ts';
import { type Cloud, openCloud } from '../../local/cloud.ts';
import { preparedKeyPairs } from '../../local/cognito/keys.ts';
import { createControl, newControlSecrets } from '../../local/control.ts';
import type { Faults } from '../../local/faults.ts';
import { JsonFile } from '../../local/json-file.ts';
import { omitUndefined } from '../../protocol/fields.ts';

/** An id that no process has, so that a command that stops the cloud's process does not stop the tests. */
const NO_PROCESS = 2 ** 30;

interface Home {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Opens the embedded cloud of a home folder on a free port, like local/main.ts, but in this process. Commands find it by
 * its `cloud.json`. Returns a function that closes it.
 */
export async function openCloudHere({ home, env }: Home): Promise<() => Promise<void>> {
  const dataDir = join(home, '.local/share/edge-upload/local');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const { EDGE_UPLOAD_LOCAL_FAULTS: faultsJson, EDGE_UPLOAD_LOCAL_POOL_KEYS: poolKeys } = env;
  const faults = faultsJson ? (JSON.parse(faultsJson) as Faults) : undefined;
  const secrets = newControlSecrets();
  const describe = ({ endpoint, caFile, outboxDir }: Cloud) => ({
    endpoint,
    caFile,
    outboxDir,
    dataDir,
    version: packageVersion(),
    wellKnownKeys: false,
    pid: NO_PROCESS,
  });
  const control = createControl({
    secrets,
    describe: () => describe(cloud),
    isolation: () => cloud.isolation(),
    faults,
  });
  const cloud = await openCloud({
    dataDir,
    port: 0,
    control,
    ...omitUndefined({ faults, newPoolKeys: poolKeys ? preparedKeyPairs(poolKeys) : undefined }),
    onDefect: (error) => process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`),
  });
  const description = new JsonFile<object>(join(dataDir, 'cloud.json'));
  description.write({ ...describe(cloud), control: secrets });
  return async () => {
    description.remove();
    await cloud.close();
  };
}
