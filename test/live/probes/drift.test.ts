import assert from 'node:assert/strict';
import { test } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { runProbe } from '../../../live/probe.ts';
import { DRIFT } from '../../../live/probes/drift.ts';
import { clientOptions, listen } from '../../support/serve.ts';
import { worldOf } from '../world-of.ts';

const POLICY = '{"Version":"2012-10-17","Statement":[]}';

test('restores the bucket policy for the next probes if the deploy did not', async (t) => {
  let policy: string | undefined = POLICY;
  const methods: string[] = [];
  const endpoint = await listen(t, (request, response) => {
    const { method = '', url } = request;
    assert.match(url ?? '', /^\/bucket\/?\?policy/);
    methods.push(method);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (method === 'GET') return response.end(policy);
      policy = method === 'PUT' ? Buffer.concat(chunks).toString() : undefined;
      return response.writeHead(204).end();
    });
  });
  const s3 = new S3Client({ ...clientOptions(endpoint), forcePathStyle: true });
  t.after(() => s3.destroy());
  const world = worldOf({
    s3,
    edge: async () => ({ status: policy === undefined ? 403 : 200, body: '', header: () => null }),
    run: async () => ({ code: 8, stdout: '{"checks":[]}\n', stderr: 'no connection' }),
  });
  const probe = DRIFT.find(({ name }) => name === 'drift-is-reverted');
  assert.ok(probe !== undefined);
  const { verdict, reason } = await runProbe(probe, world);
  assert.equal(verdict, 'not run');
  assert.match(reason ?? '', /doctor did not check drift: .*\n+no connection/s);
  assert.deepEqual([methods, policy], [['GET', 'DELETE', 'PUT'], POLICY]);
});
