import { crc32 } from 'node:zlib';
import { ListPartsCommand } from '@aws-sdk/client-s3';
import { elementText, errorCode, type Probe } from '../probe.ts';
import type { LiveWorld } from '../world.ts';

/** A part of the minimum size for parts other than the last. */
const PART = Buffer.alloc(5 * 1024 ** 2, 'p');
const CREATE = { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' };

async function create({ edge }: LiveWorld, path: string): Promise<string> {
  const answer = await edge({ method: 'POST', path: `${path}?uploads`, headers: CREATE });
  const uploadId = elementText(answer.body, 'UploadId');
  if (uploadId === null)
    throw new Error(`CreateMultipartUpload: HTTP ${answer.status} ${errorCode(answer.body)}`);
  return encodeURIComponent(uploadId);
}

const base64 = (sum: number) => Buffer.from(sum.toString(16).padStart(8, '0'), 'hex').toString('base64');

function complete({ edge }: LiveWorld, path: string, uploadId: string, etag: string) {
  const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
  const headers = {
    'content-type': 'application/xml',
    'x-amz-checksum-crc32': base64(crc32(PART)),
    'x-amz-checksum-type': 'FULL_OBJECT',
  };
  return edge({ method: 'POST', path: `${path}?uploadId=${uploadId}`, body, headers });
}

/** Probes of multipart uploads, whose requests origin access control signs. */
export const MULTIPART: readonly Probe[] = [
  {
    name: 'multipart-through-oac',
    claim:
      'Origin access control signs the requests of a multipart upload, and S3 verifies the whole object by CRC-32.',
    expected: { part: 200, listed: 200, open: 200, opened: true, complete: 200, checksum: true, again: 200 },
    async look(world) {
      const { edge, key } = world;
      const path = key();
      const uploadId = await create(world, path);
      const part = await edge({ path: `${path}?partNumber=1&uploadId=${uploadId}`, body: PART });
      const listed = await edge({ method: 'GET', path: `${path}?uploadId=${uploadId}` });
      const open = await edge({ method: 'GET', path: `${path}?uploads` });
      const etag = part.header('etag') ?? '';
      const completed = await complete(world, path, uploadId, etag);
      const again = await complete(world, path, uploadId, etag);
      return {
        part: part.status,
        listed: listed.status,
        open: open.status,
        opened: open.body.includes(`<Key>${path}</Key>`),
        complete: completed.status,
        checksum: elementText(completed.body, 'ChecksumCRC32') === base64(crc32(PART)),
        // Repeated as if the first response had been lost.
        again: again.status,
      };
    },
  },
  {
    name: 'errors-are-not-cached',
    claim: 'An error of S3 for one upload is not sent, from a cache, for another upload to the same key.',
    expected: { aborted: 404, open: 200 },
    async look(world) {
      const { edge, key } = world;
      const path = key();
      const list = (uploadId: string) => edge({ method: 'GET', path: `${path}?uploadId=${uploadId}` });
      const abort = (uploadId: string) => edge({ method: 'DELETE', path: `${path}?uploadId=${uploadId}` });
      const [one, other] = [await create(world, path), await create(world, path)];
      await abort(one);
      const aborted = await list(one);
      // The cache key has no query, and CloudFront caches errors of GET requests for 10 seconds by default.
      const open = await list(other);
      await abort(other);
      return { aborted: aborted.status, open: open.status };
    },
  },
  {
    name: 'abort-through-oac',
    claim: 'AbortMultipartUpload passes origin access control, and a second one finds no upload.',
    expected: { abort: 204, again: 404, code: 'NoSuchUpload', left: 'NoSuchUpload' },
    async look(world) {
      const { edge, key, s3, bucket } = world;
      const path = key();
      const uploadId = await create(world, path);
      const abort = await edge({ method: 'DELETE', path: `${path}?uploadId=${uploadId}` });
      const again = await edge({ method: 'DELETE', path: `${path}?uploadId=${uploadId}` });
      const asked = { Bucket: bucket, Key: path, UploadId: decodeURIComponent(uploadId) };
      const left = await s3.send(new ListPartsCommand(asked)).then(
        () => 'open',
        (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
      );
      return { abort: abort.status, again: again.status, code: errorCode(again.body), left };
    },
  },
  {
    name: 'own-uploads-only',
    claim: 'Completing an upload that does not exist is refused with S3’s own error.',
    expected: { status: 404, code: 'NoSuchUpload' },
    async look(world) {
      const answer = await complete(world, world.key(), 'bm9uZQ', '"0"');
      return { status: answer.status, code: errorCode(answer.body) };
    },
  },
];
