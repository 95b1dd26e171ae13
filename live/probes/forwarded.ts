import { createHash } from 'node:crypto';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { errorCode, type Probe } from '../probe.ts';

const CONTENT = 'probe';
const MD5 = createHash('md5').update(CONTENT).digest('base64');
/** The CRC-32 of other content. */
const WRONG_CRC32 = 'AAAAAA==';

/** Probes of what CloudFront and origin access control forward to S3. */
export const FORWARDED: readonly Probe[] = [
  {
    name: 'headers-reach-s3',
    claim: 'CloudFront forwards the headers of an upload with AllViewerExceptHostHeader.',
    expected: {
      put: 200,
      type: 'text/x-probe',
      cacheControl: 'max-age=7',
      disposition: 'attachment',
      language: 'de',
      metadata: 'seven',
    },
    async look({ edge, key, s3, bucket }) {
      const Key = key();
      const { status } = await edge({
        path: Key,
        body: CONTENT,
        headers: {
          'content-type': 'text/x-probe',
          'cache-control': 'max-age=7',
          'content-disposition': 'attachment',
          'content-language': 'de',
          'content-md5': MD5,
          'x-amz-meta-probe': 'seven',
        },
      });
      const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
      return {
        put: status,
        type: head.ContentType ?? null,
        cacheControl: head.CacheControl ?? null,
        disposition: head.ContentDisposition ?? null,
        language: head.ContentLanguage ?? null,
        metadata: head.Metadata?.probe ?? null,
      };
    },
  },
  {
    name: 'content-md5-is-checked',
    claim: 'Content-MD5 reaches S3, which refuses a body that does not match.',
    expected: { status: 400, code: 'BadDigest' },
    async look({ edge, key }) {
      const answer = await edge({ path: key(), body: `${CONTENT}!`, headers: { 'content-md5': MD5 } });
      return { status: answer.status, code: errorCode(answer.body) };
    },
  },
  {
    name: 'crc32-is-checked',
    claim: 'x-amz-checksum-crc32 reaches S3, which checks and returns it.',
    expected: { wrong: 400, code: 'BadDigest', right: 200, echoed: true },
    async look({ edge, key }) {
      const wrong = await edge({
        path: key(),
        body: CONTENT,
        headers: { 'x-amz-checksum-crc32': WRONG_CRC32 },
      });
      const right = await edge({ path: key(), body: '', headers: { 'x-amz-checksum-crc32': WRONG_CRC32 } });
      return {
        wrong: wrong.status,
        code: errorCode(wrong.body),
        right: right.status,
        echoed: right.header('x-amz-checksum-crc32') === WRONG_CRC32,
      };
    },
  },
  {
    name: 'if-none-match-reaches-s3',
    claim: 'If-None-Match: * passes CloudFront and origin access control: S3 refuses to replace an object.',
    expected: { first: 200, second: 412, code: 'PreconditionFailed' },
    async look({ edge, key }) {
      const path = key();
      const headers = { 'if-none-match': '*' };
      const first = await edge({ path, body: CONTENT, headers });
      const second = await edge({ path, body: CONTENT, headers });
      return { first: first.status, second: second.status, code: errorCode(second.body) };
    },
  },
];
