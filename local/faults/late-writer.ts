import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { REGION } from '../account.ts';
import { type AccessKey, newAccessKey } from '../auth/access-key.ts';
import type { Identities } from '../auth/identities.ts';
import { sign } from '../auth/sigv4.ts';
import type { Faults } from '../faults.ts';
import type { HttpHandler, HttpRequest } from '../wire/http.ts';

/**
 * S3 as someone sees it who empties a bucket while another still uploads: after each DeleteObjects and each page of
 * ListObjectVersions there is one object more, below `late/`, as many as the fault says.
 */
export function withLateWriter(
  s3: HttpHandler,
  identities: Identities,
  faults: () => Faults,
  now: () => Date,
): HttpHandler {
  const key = newAccessKey();
  identities.registerAccountKey(key);
  const written = new WeakMap<object, number>();
  return async (request) => {
    const answer = await s3(request);
    const { lateWriter } = faults();
    const bucket = emptiedBucket(request);
    if (lateWriter === undefined || bucket === undefined || answer.status !== 200) return answer;
    const count = written.get(lateWriter) ?? 0;
    if (count >= lateWriter.objects) return answer;
    written.set(lateWriter, count + 1);
    await put(s3, key, `/${bucket}/late/${randomUUID()}`, now());
    return answer;
  };
}

/** The bucket of a request that only who empties one makes. */
function emptiedBucket({ method, path, query }: HttpRequest): string | undefined {
  const names = query.split('&').map((pair) => pair.split('=')[0] ?? '');
  const isEmptying =
    (method === 'POST' && names.includes('delete')) || (method === 'GET' && names.includes('versions'));
  return isEmptying ? path.split('/')[1] : undefined;
}

async function put(s3: HttpHandler, key: AccessKey, path: string, now: Date): Promise<void> {
  const body = 'late';
  const headers = { host: 'localhost', 'content-length': String(body.length) };
  const request = { method: 'PUT', path, query: '', headers };
  const signature = sign(request, {
    accessKeyId: key.accessKeyId,
    secret: key.secretAccessKey,
    service: 's3',
    region: REGION,
    now,
    payloadHash: 'UNSIGNED-PAYLOAD',
  });
  const { status } = await s3({
    ...request,
    headers: { ...headers, ...signature },
    body: Readable.from([Buffer.from(body)]),
  });
  // A bucket that was deleted meanwhile takes no more.
  if (status !== 200 && status !== 404) throw new Error(`the late writer was answered ${status}`);
}
