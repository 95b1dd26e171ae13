import { Readable } from 'node:stream';
import { REGION } from '../account.ts';
import type { HttpHandler, HttpResponse } from '../wire/http.ts';
import { newAccessKey } from './access-key.ts';
import type { Identities } from './identities.ts';
import { sign } from './sigv4.ts';

interface AccountRequest {
  readonly method: string;
  /** Percent-encoded. */
  readonly path: string;
  readonly query?: string;
  readonly body?: string;
}

/** Sends a request to the embedded S3, signed with a key of the account: policies and IAM judge it as the account's. */
export type AccountClient = (request: AccountRequest) => Promise<HttpResponse>;

export function accountClient(s3: HttpHandler, identities: Identities, now: () => Date): AccountClient {
  const { accessKeyId, secretAccessKey: secret } = newAccessKey();
  identities.registerAccountKey({ accessKeyId, secretAccessKey: secret });
  return ({ method, path, query = '', body = '' }) => {
    const headers = { host: 'localhost', 'content-length': String(Buffer.byteLength(body)) };
    const request = { method, path, query, headers };
    const signature = sign(request, {
      accessKeyId,
      secret,
      service: 's3',
      region: REGION,
      now: now(),
      payloadHash: 'UNSIGNED-PAYLOAD',
    });
    const signed = { ...request, headers: { ...headers, ...signature } };
    return s3({ ...signed, body: Readable.from([Buffer.from(body)]) });
  };
}
