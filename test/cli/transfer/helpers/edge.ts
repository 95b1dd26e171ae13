import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import { crc32Bytes } from '../../../../cli/transfer/integrity.ts';
import { type MultipartStore, multipartStore } from './multipart-store.ts';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** A fault for one request. `true`: the fault has handled the request, so the edge does not respond. */
export type EdgeFault = (
  request: IncomingMessage,
  response: ServerResponse,
  /** Number of earlier PUTs. */
  number: number,
) => boolean | Promise<boolean>;

export interface TestEdge {
  readonly url: string;
  /** Requests in the order of their arrival. */
  readonly seen: Seen[];
  /** Stored bodies by path. */
  readonly stored: Map<string, Buffer>;
  readonly multipart: MultipartStore;
  close(): Promise<void>;
}

export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function respondJson(response: ServerResponse, status: number, error: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ error, message: `This is ${error}.` }));
}

export function respondXml(response: ServerResponse, status: number, code: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/xml', ...headers });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>This is ${code}.</Message></Error>`,
  );
}

/** Has the store handle the request, and drops its response. */
export async function loseResponse({ multipart }: TestEdge, request: IncomingMessage): Promise<void> {
  const silent = { writeHead: () => silent, end: () => silent } as unknown as ServerResponse;
  multipart.answer(request, silent, await readAll(request));
}

/** Has the store handle the request, and closes the connection instead of responding. */
export async function cutResponse(edge: TestEdge, request: IncomingMessage): Promise<true> {
  await loseResponse(edge, request);
  request.socket.resetAndDestroy();
  return true;
}

/** `good`, and a token in the form that the command line requires. */
export const TOKENS: readonly string[] = ['good', 'aaaa.good.cccc'];

/** Starts an edge that accepts {@link TOKENS}, stores bodies and responds like S3, apart from the given faults. */
export async function startEdge(mischief: EdgeFault = () => false): Promise<TestEdge> {
  const seen: Seen[] = [];
  const stored = new Map<string, Buffer>();
  const multipart = multipartStore(stored);
  let puts = 0;
  const server = createServer((request, response) => {
    const answer = async () => {
      const path = request.url ?? '';
      seen.push({ method: request.method ?? '', path, headers: request.headers });
      const number = request.method === 'PUT' ? puts++ : puts;
      if (await mischief(request, response, number)) return;
      if (!TOKENS.includes(request.headers.authorization?.replace('Bearer ', '') ?? '')) {
        return respondJson(response, 401, 'token_expired', { connection: 'close' });
      }
      if (path.includes('?')) return multipart.answer(request, response, await readAll(request));
      if (request.method === 'GET') {
        return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"policy":{}}');
      }
      const body = await readAll(request);
      const crc = crc32Bytes(crc32(body)).toString('base64');
      const claimed = request.headers['x-amz-checksum-crc32'];
      if (claimed !== undefined && claimed !== crc) return respondXml(response, 400, 'BadDigest');
      stored.set(path, body);
      response.writeHead(200, { etag: '"0123456789abcdef0123456789abcdef"', 'x-amz-checksum-crc32': crc });
      response.end();
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stored,
    multipart,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
