import { randomUUID } from 'node:crypto';
import type { AccountClient } from '../auth/account-client.ts';
import type { Faults } from '../faults.ts';
import type { HttpHandler, HttpRequest } from '../wire/http.ts';

/**
 * Wraps S3 with another client that uploads while a bucket is emptied. After each DeleteObjects and each page of
 * ListObjectVersions it adds one object below `late/`, up to the number in the fault.
 */
export function withLateWriter(s3: HttpHandler, asAccount: AccountClient, faults: () => Faults): HttpHandler {
  const written = new WeakMap<object, number>();
  return async (request) => {
    const response = await s3(request);
    const { lateWriter } = faults();
    const bucket = emptiedBucket(request);
    if (lateWriter === undefined || bucket === undefined || response.status !== 200) return response;
    const count = written.get(lateWriter) ?? 0;
    if (count >= lateWriter.objects) return response;
    written.set(lateWriter, count + 1);
    const path = `/${bucket}/late/${randomUUID()}`;
    const { status } = await asAccount({ method: 'PUT', path, body: 'late' });
    // 404: the bucket has been deleted.
    if (status !== 200 && status !== 404) throw new Error(`the late writer's PUT was answered ${status}`);
    return response;
  };
}

/** Returns the bucket of a request that only emptying a bucket sends. */
function emptiedBucket({ method, path, query }: HttpRequest): string | undefined {
  const names = query.split('&').map((pair) => pair.split('=')[0] ?? '');
  const isEmptying =
    (method === 'POST' && names.includes('delete')) || (method === 'GET' && names.includes('versions'));
  return isEmptying ? path.split('/')[1] : undefined;
}
