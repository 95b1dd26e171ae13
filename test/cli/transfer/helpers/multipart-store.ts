import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { crc32 } from 'node:zlib';
import { crc32Bytes } from '../../../../cli/transfer/integrity.ts';

interface StoredPart {
  readonly body: Buffer;
  readonly etag: string;
  readonly checksum: string;
}

interface OpenUpload {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly parts: Map<number, StoredPart>;
  /** Absent: now. */
  readonly initiated?: Date;
}

/** S3's multipart uploads with CRC-32 checksums, in memory. */
export interface MultipartStore {
  readonly open: Map<string, OpenUpload>;
  /** Responds to a multipart request. */
  answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void;
}

const crcOf = (bytes: Buffer) => crc32Bytes(crc32(bytes)).toString('base64');

/** Parts on a page of ListParts. S3 returns 1,000. */
const PAGE = 3;

export function multipartStore(stored: Map<string, Buffer>): MultipartStore {
  const open = new Map<string, OpenUpload>();
  const completed = new Map<string, string>();

  const xml = (response: ServerResponse, status: number, text: string) => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`);
  };
  const error = (response: ServerResponse, status: number, code: string) =>
    xml(response, status, `<Error><Code>${code}</Code><Message>This is ${code}.</Message></Error>`);

  const complete = (
    request: IncomingMessage,
    response: ServerResponse,
    { id, path, text }: { id: string; path: string; text: string },
  ) => {
    const upload = open.get(id);
    if (upload === undefined) {
      const answer = completed.get(id);
      return answer === undefined ? error(response, 404, 'NoSuchUpload') : xml(response, 200, answer);
    }
    if (request.headers['if-none-match'] === '*' && stored.has(path)) {
      return error(response, 412, 'PreconditionFailed');
    }
    const named = [...text.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>&quot;(\w+)&quot;/g)];
    const parts = named.map(([, number, etag]) => {
      const part = upload.parts.get(Number(number));
      return part?.etag === etag ? part : undefined;
    });
    if (parts.length === 0 || parts.includes(undefined)) return error(response, 400, 'InvalidPart');
    const bodies = parts.map((part) => part?.body ?? Buffer.alloc(0));
    const body = Buffer.concat(bodies);
    if (request.headers['x-amz-mp-object-size'] !== String(body.length)) {
      return error(response, 400, 'InvalidRequest');
    }
    const claimed = request.headers['x-amz-checksum-crc32'];
    if (claimed !== undefined && claimed !== crcOf(body)) return error(response, 400, 'BadDigest');
    stored.set(path, body);
    open.delete(id);
    const md5s = createHash('md5');
    for (const part of parts) md5s.update(part?.etag ?? '', 'hex');
    const answer = `<CompleteMultipartUploadResult><ETag>&quot;${md5s.digest('hex')}-${parts.length}&quot;</ETag><ChecksumCRC32>${crcOf(body)}</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>`;
    completed.set(id, answer);
    xml(response, 200, answer);
  };

  const list = (response: ServerResponse, upload: OpenUpload, marker: number) => {
    const rest = [...upload.parts].filter(([number]) => number > marker).sort(([a], [b]) => a - b);
    const page = rest.slice(0, PAGE);
    const parts = page.map(
      ([number, { body, etag, checksum }]) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>&quot;${etag}&quot;</ETag><Size>${body.length}</Size><ChecksumCRC32>${checksum}</ChecksumCRC32></Part>`,
    );
    xml(
      response,
      200,
      `<ListPartsResult><IsTruncated>${rest.length > PAGE}</IsTruncated><NextPartNumberMarker>${page.at(-1)?.[0] ?? 0}</NextPartNumberMarker>${parts.join('')}</ListPartsResult>`,
    );
  };

  /** Like S3: uploads whose keys begin with this one, by key, oldest first. */
  const listOpen = (response: ServerResponse, prefix: string) => {
    const uploads = [...open]
      .filter(([, { path }]) => path.startsWith(prefix))
      .sort(([, a], [, b]) => Number(a.path > b.path) - Number(a.path < b.path))
      .map(
        ([id, { path, initiated = new Date() }]) =>
          `<Upload><Key>${decodeURIComponent(path.slice(1))}</Key><UploadId>${id}</UploadId><Initiated>${initiated.toISOString()}</Initiated></Upload>`,
      );
    xml(response, 200, `<ListMultipartUploadsResult>${uploads.join('')}</ListMultipartUploadsResult>`);
  };

  return {
    open,
    answer(request, response, body) {
      const { pathname: path, searchParams: query } = new URL(request.url ?? '', 'http://edge');
      if (query.has('uploads') && request.method === 'GET') return listOpen(response, path);
      if (query.has('uploads')) {
        const id = randomUUID();
        open.set(id, { path, headers: request.headers, parts: new Map(), initiated: new Date() });
        return xml(
          response,
          200,
          `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
        );
      }
      const id = query.get('uploadId') ?? '';
      if (request.method === 'POST') return complete(request, response, { id, path, text: body.toString() });
      const upload = open.get(id);
      if (upload === undefined || upload.path !== path) return error(response, 404, 'NoSuchUpload');
      if (request.method === 'DELETE') {
        open.delete(id);
        return void response.writeHead(204).end();
      }
      if (request.method === 'GET') return list(response, upload, Number(query.get('part-number-marker')));
      const checksum = crcOf(body);
      if (request.headers['x-amz-checksum-crc32'] !== checksum) return error(response, 400, 'BadDigest');
      const etag = createHash('md5').update(body).digest('hex');
      upload.parts.set(Number(query.get('partNumber')), { body, etag, checksum });
      response.writeHead(200, { etag: `"${etag}"`, 'x-amz-checksum-crc32': checksum }).end();
    },
  };
}
