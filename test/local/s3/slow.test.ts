import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { sign } from '../../../local/auth/sigv4.ts';
import { BUCKET, startS3 } from './support.ts';

/** Sends a request whose body stops halfway. Returns the response to the timeout. */
async function stalled(t: TestContext, port: number, method: string, target: string): Promise<string> {
  const host = `127.0.0.1:${port}`;
  const [path = '', query = ''] = target.split('?');
  const headers = sign(
    { method, path, query, headers: { host } },
    {
      accessKeyId: 'test',
      secret: 'test',
      service: 's3',
      region: 'us-east-1',
      now: new Date(),
      payloadHash: 'UNSIGNED-PAYLOAD',
    },
  );
  const lines = Object.entries({ host, ...headers, 'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const socket: Socket = connect(port, '127.0.0.1');
  socket.write(`${method} ${target} HTTP/1.1\r\n${head}content-length: 10\r\n\r\nhello`);
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  // Advances the service's clock until the body times out.
  while (!answer.includes('</Error>')) {
    await turn();
    t.mock.timers.tick(1_000);
  }
  socket.destroy();
  return answer;
}

test('refuses a body that stops halfway like S3, and stores nothing', async (t) => {
  const { port, defects, client } = await startS3(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const [method, target] of [
    ['PUT', `/${BUCKET}/k`],
    ['POST', `/${BUCKET}?delete`],
  ] as const) {
    const answer = await stalled(t, port, method, target);
    assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*<Code>RequestTimeout<\/Code>/, target);
  }
  t.mock.timers.reset();
  assert.equal((await client.send(new ListObjectsV2Command({ Bucket: BUCKET }))).KeyCount, 0);
  assert.deepEqual(defects, []);
});
