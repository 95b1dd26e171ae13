import { dirname, join } from 'node:path';
import { command } from '../command-line.ts';
import { UserError } from '../errors.ts';
import { readIfThere } from '../settings/own-files.ts';

/** The access key of an embedded cloud, which the cloud creates at its first start. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Reads the access key of the embedded cloud in a folder. It is sent only to that cloud's endpoint.
 * @throws {UserError} `local_cloud` if there is none
 */
export async function readAccessKey(dataDir: string): Promise<AccessKey> {
  const path = join(dataDir, 'keys.json');
  const text = await readIfThere(path);
  try {
    const { accessKeyId, secretAccessKey } = (JSON.parse(text ?? 'null') ?? {}) as Partial<AccessKey>;
    if (typeof accessKeyId === 'string' && typeof secretAccessKey === 'string') {
      return { accessKeyId, secretAccessKey };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UserError('local_cloud', `The embedded cloud has no access key in ${path}.`, {
    hint: ['Start it again:', command`edge-upload local stop && edge-upload local start`],
  });
}

/** Returns the folder of the embedded cloud whose authority is in `caFile`. */
export function folderOf({ caFile }: { readonly caFile: string }): string {
  return dirname(dirname(caFile));
}
