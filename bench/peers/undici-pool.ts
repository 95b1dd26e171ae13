import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { Pool } from 'undici';

/** Input of the process: a JSON file whose path is the only argument. */
export interface PoolWork {
  readonly origin: string;
  readonly token: string;
  readonly caFile: string;
  readonly connections: number;
  readonly uploads: readonly { readonly path: string; readonly key: string }[];
}

const { origin, token, caFile, connections, uploads } = JSON.parse(
  readFileSync(argv[2] ?? '', 'utf8'),
) as PoolWork;
const pool = new Pool(origin, { connections, connect: { ca: readFileSync(caFile) } });
const headers = { authorization: `Bearer ${token}` };

async function upload(queue: IterableIterator<PoolWork['uploads'][number]>): Promise<void> {
  for (const { path, key } of queue) {
    const options = { method: 'PUT', path: `/${key}`, headers, body: await readFile(path) } as const;
    const { statusCode, body } = await pool.request(options);
    await body.dump();
    if (statusCode !== 200) throw new Error(`HTTP ${statusCode} for ${key}`);
  }
}

// Shared by all connections: each takes the next file.
const queue = uploads.values();
void Promise.all(Array.from({ length: connections }, () => upload(queue))).then(() => pool.close());
