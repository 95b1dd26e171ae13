import { once } from 'node:events';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { errorCode, type Probe } from '../probe.ts';

/**
 * Longer than the pauses of a slow disk or a suspended laptop, but shorter than CloudFront's documented timeouts.
 * Milliseconds.
 */
const PAUSE_MS = 12_000;
const PROMISED = 1024 ** 3;

/** Probes of the function at CloudFront: generated responses, early refusals, slow bodies. */
export const EDGE: readonly Probe[] = [
  {
    name: 'refusal-as-generated',
    claim: 'A refusal of the function reaches the client with its status, headers and JSON.',
    expected: { status: 401, code: 'missing_token', challenge: true, type: 'application/json' },
    async look({ edge, key }) {
      const answer = await edge({ path: key(), body: 'x', token: false });
      return {
        status: answer.status,
        code: errorCode(answer.body),
        challenge: answer.header('www-authenticate')?.startsWith('Bearer') ?? false,
        type: answer.header('content-type'),
      };
    },
  },
  {
    name: 'page-is-decoded',
    claim: 'A generated response can have content-encoding: gzip and a base64 body, and clients decode it.',
    expected: { status: 200, encoding: 'gzip', html: true, nosniff: 'nosniff', framed: true },
    async look({ url }) {
      const asked = request(`${url}/`, { headers: { 'accept-encoding': 'gzip' } });
      asked.end();
      const [answer] = await once(asked, 'response');
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const { 'content-encoding': encoding, 'content-security-policy': policy = '' } = answer.headers;
      const text = encoding === 'gzip' ? gunzipSync(body).toString() : body.toString();
      return {
        status: answer.statusCode,
        encoding: encoding ?? null,
        html: text.toLowerCase().startsWith('<!doctype html>'),
        nosniff: answer.headers['x-content-type-options'] ?? null,
        framed: policy.includes("frame-ancestors 'none'"),
      };
    },
  },
  {
    name: 'refused-before-the-body',
    claim: 'A refused request is answered before its body has arrived.',
    expected: { status: 401 },
    async look({ url, key }) {
      const asked = request(`${url}/${key()}`, { method: 'PUT', headers: { 'content-length': PROMISED } });
      try {
        asked.write(Buffer.alloc(65_536));
        const [answer] = await once(asked, 'response');
        return { status: answer.statusCode };
      } finally {
        asked.destroy();
      }
    },
  },
  {
    name: 'body-may-pause',
    claim: 'A body can pause for 12 seconds without CloudFront or S3 closing the connection.',
    expected: { status: 200 },
    async look({ url, key, token, signal }) {
      const headers = { 'content-length': 2, authorization: `Bearer ${token}` };
      const asked = request(`${url}/${key()}`, { method: 'PUT', headers });
      const answered = once(asked, 'response');
      asked.write('a');
      try {
        // A response, such as a refusal, ends the pause.
        await Promise.race([sleep(PAUSE_MS, undefined, { signal }), answered]);
        asked.end('b');
        const [answer] = await answered;
        answer.resume();
        return { status: answer.statusCode };
      } finally {
        asked.destroy();
      }
    },
  },
  {
    name: 'bucket-is-unreadable',
    claim: 'Stored objects cannot be read through the edge.',
    expected: { stored: 200, read: 405, anonymous: 405 },
    async look({ edge, key }) {
      const path = key();
      const stored = await edge({ path, body: 'secret' });
      const read = await edge({ method: 'GET', path });
      const anonymous = await edge({ method: 'GET', path, token: false });
      return { stored: stored.status, read: read.status, anonymous: anonymous.status };
    },
  },
];
