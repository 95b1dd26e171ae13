import { isUserError } from '../errors.ts';
import type { Algorithm } from './digests.ts';
import type { EdgeClient } from './edge-client.ts';
import { abortUpload, listParts, listUploads, type OpenUpload } from './multipart.ts';
import type { Tools } from './tools.ts';

/*
 * S3 gives an upload its id when it opens it. Where the answer is lost, by a broken connection or because the one who asked
 * was killed, the upload stays open and nobody knows its id. It is one of its key, it is older than the one that was opened
 * instead, and it never gets a part. Whoever else's upload looks like this loses nothing: without a part, it begins anew.
 */

/**
 * Aborts the uploads of a key that have no part.
 * @param before only those that were opened before this one; none where the store does not know it.
 * @throws {UserError}
 */
export async function abortEmpty(
  edge: EdgeClient,
  key: string,
  algorithm: Algorithm,
  before?: OpenUpload,
): Promise<void> {
  const uploads = await listUploads(edge, key);
  const end =
    before === undefined ? uploads.length : uploads.findIndex((one) => one.uploadId === before.uploadId);
  for (const upload of uploads.slice(0, Math.max(0, end))) {
    if ((await listParts(edge, upload, algorithm)).length === 0) await abortUpload(edge, upload);
  }
}

/** The same where an upload is about to be completed, which it is whether this succeeds or not. */
export async function abortOlder(
  open: OpenUpload,
  edge: EdgeClient,
  { digester, warn }: Pick<Tools, 'digester' | 'warn'>,
): Promise<void> {
  try {
    await abortEmpty(edge, open.key, digester.algorithm, open);
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    warn(
      `An empty upload of ${open.key}, whose opening was not answered, may be left at the store until its lifecycle rule takes it away: ${error.message}`,
    );
  }
}
