import { once } from 'node:events';
import { connect } from 'node:http2';
import { request } from 'node:https';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { request as fetched } from 'undici';
import { encodeKey } from '../../protocol/object-url.ts';
import { REGION } from '../account.ts';
import { errorCode, type Probe } from '../probe.ts';
import { PAGE_ORIGIN } from '../world.ts';

const STRANGE = "a !'()*~ä.txt";
const CONTENT = 'probe';
/**
 * More than CloudFront's limit in characters:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
const LONG_URL = 9_000;
const LONG_HEADER = 'h'.repeat(33_000);

/** Probes of how CloudFront handles request headers, and requests from other origins. */
export const REQUESTS: readonly Probe[] = [
  {
    name: 'strange-keys-are-signed',
    claim: 'Origin access control signs paths with characters that SigV4 encodes.',
    expected: { put: 200, size: CONTENT.length },
    async look({ edge, key, s3, bucket }) {
      const Key = `${key()}/${STRANGE}`;
      const { status } = await edge({ path: encodeKey(Key), body: CONTENT });
      const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
      return { put: status, size: head.ContentLength ?? null };
    },
  },
  {
    name: 'x-cache-of-a-refusal',
    claim:
      'CloudFront marks responses of the function with x-cache: LambdaGeneratedResponse from cloudfront.',
    expected: { xCache: 'LambdaGeneratedResponse from cloudfront' },
    async look({ edge, key }) {
      const answer = await edge({ path: key(), body: 'x', token: false });
      return { xCache: answer.header('x-cache') };
    },
  },
  {
    name: 'cors-by-origin',
    claim: 'CloudFront applies CORS by the request’s Origin, to responses of S3 and of the function.',
    expected: {
      stored: PAGE_ORIGIN,
      refused: PAGE_ORIGIN,
      other: null,
      preflight: 204,
      allowed: PAGE_ORIGIN,
    },
    async look({ edge, key }) {
      const origin = 'access-control-allow-origin';
      const stored = await edge({ path: key(), body: 'x', headers: { origin: PAGE_ORIGIN } });
      const refused = await edge({ path: key(), body: 'x', token: false, headers: { origin: PAGE_ORIGIN } });
      const other = await edge({ path: key(), body: 'x', headers: { origin: 'https://other.example' } });
      const preflight = await edge({
        method: 'OPTIONS',
        path: key(),
        token: false,
        headers: {
          origin: PAGE_ORIGIN,
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'authorization,x-amz-checksum-crc32',
        },
      });
      return {
        stored: stored.header(origin),
        refused: refused.header(origin),
        other: other.header(origin),
        preflight: preflight.status,
        allowed: preflight.header(origin),
      };
    },
  },
  {
    name: 'pool-answers-pages',
    claim: 'The endpoint of Cognito answers requests of the upload page (CORS).',
    expected: { allowed: true },
    async look({ url }) {
      const endpoint = process.env.AWS_ENDPOINT_URL ?? `https://cognito-idp.${REGION}.amazonaws.com`;
      const answer = await fetched(endpoint, {
        method: 'POST',
        headers: {
          origin: url,
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
        },
        body: '{}',
      });
      await answer.body.dump();
      const allowed = [answer.headers['access-control-allow-origin']].flat()[0];
      return { allowed: allowed === '*' || allowed === url };
    },
  },
  {
    name: 'head-limits',
    claim: 'CloudFront refuses a URL over 8,192 bytes with 414, and headers over 32,768 bytes with 494.',
    expected: { url: 414, head: 494 },
    async look({ edge, key }) {
      const url = await edge({ path: `${key()}?${'q'.repeat(LONG_URL)}`, body: 'x' });
      const head = await edge({ path: key(), body: 'x', headers: { 'x-amz-meta-long': LONG_HEADER } });
      return { url: url.status, head: head.status };
    },
  },
  {
    name: 'continue-after-the-function',
    claim: '100 Continue is sent after the function has accepted the request, and not before a refusal.',
    expected: { continued: true, status: 200, refusedContinued: false, refused: 401 },
    async look({ url, key, token }) {
      const put = async (authorization: Record<string, string>) => {
        const asked = request(`${url}/${key()}`, {
          method: 'PUT',
          headers: { ...authorization, expect: '100-continue', 'content-length': CONTENT.length },
        });
        let continued = false;
        asked.once('continue', () => {
          continued = true;
          asked.end(CONTENT);
        });
        asked.flushHeaders();
        try {
          const [answer] = await once(asked, 'response');
          answer.resume();
          return { continued, status: answer.statusCode as number };
        } finally {
          asked.destroy();
        }
      };
      const passed = await put({ authorization: `Bearer ${token}` });
      const refused = await put({});
      return { ...passed, refusedContinued: refused.continued, refused: refused.status };
    },
  },
  {
    name: 'http2-uploads',
    claim: 'An upload through CloudFront works over HTTP/2.',
    expected: { status: 200 },
    notHere: 'distributions of the embedded cloud support only HTTP/1.1',
    async look({ url, key, token }) {
      const session = connect(url);
      try {
        const stream = session.request({
          ':method': 'PUT',
          ':path': `/${key()}`,
          authorization: `Bearer ${token}`,
          'content-length': CONTENT.length,
        });
        stream.end(CONTENT);
        const [headers] = await once(stream, 'response');
        stream.resume();
        await once(stream, 'end');
        return { status: headers[':status'] };
      } finally {
        session.close();
      }
    },
  },
  {
    name: 'http3-is-offered',
    claim: 'CloudFront offers HTTP/3 in each response.',
    expected: { offered: true },
    notHere: 'distributions of the embedded cloud support only HTTP/1.1',
    async look({ edge, key }) {
      const answer = await edge({ path: key(), body: 'x' });
      return { offered: /\bh3\b/.test(answer.header('alt-svc') ?? '') };
    },
  },
  {
    name: 'forged-token-is-refused',
    claim: 'A token with a changed signature is refused before S3, with a code.',
    expected: { status: 401, code: 'invalid_token' },
    async look({ edge, key, token }) {
      const answer = await edge({ path: key(), body: 'x', token: `${token.slice(0, -8)}AAAAAAAA` });
      return { status: answer.status, code: errorCode(answer.body) };
    },
  },
];
