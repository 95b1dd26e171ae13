import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { Identities } from '../../../local/auth/identities.ts';
import { sign } from '../../../local/auth/sigv4.ts';
import { createS3, type S3 } from '../../../local/s3/service.ts';
import { nodeListener } from '../../../local/wire/node-http.ts';
import { listen } from '../../support/serve.ts';

export const BUCKET = 'a-bucket';

export interface Running extends S3 {
  readonly dataDir: string;
  readonly endpoint: string;
  readonly port: number;
  readonly identities: Identities;
  readonly client: S3Client;
  /** Errors other than S3's. The end of a test that expects none checks that there are none. */
  readonly defects: unknown[];
}

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 's3-test-'));
  t.after(() => {
    // Windows keeps the folders of S3's journals, which are open until the process ends.
    if (process.platform !== 'win32') rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Starts the embedded S3 on its own port, with an SDK client and an empty bucket. */
export async function startS3(
  t: TestContext,
  options: { dataDir?: string; now?: () => Date } = {},
): Promise<Running> {
  const dataDir = options.dataDir ?? join(temporaryFolder(t), 's3');
  const identities = new Identities({ wellKnownKeys: true });
  const s3 = createS3({ dataDir, now: options.now ?? (() => new Date()), identities });
  const defects: unknown[] = [];
  const endpoint = await listen(
    t,
    nodeListener(s3.handle, (error) => defects.push(error)),
  );
  const port = Number(new URL(endpoint).port);
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  t.after(() => client.destroy());
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  return { ...s3, dataDir, endpoint, port, identities, client, defects };
}

export interface RawRequest {
  readonly method?: string;
  /** Path and query, sent unchanged. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** `undefined` leaves the request unsigned. */
  readonly payloadHash?: string | undefined;
  readonly as?: { readonly accessKeyId: string; readonly secret: string };
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The error code in the document; empty without one. */
  readonly code: string;
}

/** Signs a request without changing it, and sends it. */
export async function raw(running: Running, request: RawRequest): Promise<RawResponse> {
  const { method = 'GET', target, body } = request;
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const host = `127.0.0.1:${running.port}`;
  const unsigned: Record<string, string> = { host, ...request.headers };
  const payloadHash = 'payloadHash' in request ? request.payloadHash : 'UNSIGNED-PAYLOAD';
  const signature =
    payloadHash === undefined
      ? {}
      : sign(
          { method, path, query, headers: unsigned },
          {
            accessKeyId: request.as?.accessKeyId ?? 'test',
            secret: request.as?.secret ?? 'test',
            service: 's3',
            region: 'us-east-1',
            now: new Date(),
            payloadHash,
          },
        );
  const headers: Record<string, string> = { ...unsigned, ...signature, connection: 'close' };
  if (
    body !== undefined &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined
  ) {
    headers['content-length'] = String(Buffer.byteLength(body));
  }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const answer = await exchange(running.port, `${method} ${target} HTTP/1.1\r\n${head.join('')}\r\n`, body);
  return parseAnswer(answer);
}

/** Sends bytes over a socket. Returns everything that arrives until the other side closes it. */
function exchange(port: number, head: string, body: string | Buffer = ''): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(Buffer.from(head, 'latin1'));
      socket.write(body);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks)));
    // A refusal can close the connection while the body is still being sent.
    socket.on('error', (error) => (chunks.length > 0 ? resolve(Buffer.concat(chunks)) : reject(error)));
  });
}

function parseAnswer(answer: Buffer): RawResponse {
  const end = answer.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = answer.toString('latin1', 0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const text = answer.toString('utf8', end + 4);
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    text,
    code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] ?? '',
  };
}
