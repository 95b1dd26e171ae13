import { readXml, UploadGone } from './answers.ts';
import { type Algorithm, checksumElement } from './digests.ts';
import type { EdgeClient } from './edge-client.ts';
import { bareEtag } from './integrity.ts';
import { idQuery, type OpenUpload, type StoredPart, unreadable } from './multipart.ts';

/** A part as the store lists it. */
export type ListedPart = Omit<StoredPart, 'checksum'> & { readonly checksum?: string };

/**
 * All parts that the store has of an upload, page by page.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
 * @throws {UploadGone}
 */
export async function listParts(
  edge: EdgeClient,
  { key, uploadId }: OpenUpload,
  algorithm: Algorithm,
): Promise<readonly ListedPart[]> {
  const parts: ListedPart[] = [];
  const listFrom = async (marker: number): Promise<number | undefined> => {
    const query = marker === 0 ? idQuery(uploadId) : `${idQuery(uploadId)}&part-number-marker=${marker}`;
    const { value } = await edge.request({ method: 'GET', key, query }, ({ text }) => {
      const page = readXml(text, 'ListPartsResult');
      if (page === undefined) throw unreadable(key);
      const next = page.IsTruncated === 'true' ? Number(page.NextPartNumberMarker) : undefined;
      if (next !== undefined && !(next > marker)) throw unreadable(key);
      return { listed: readParts(page.Part, algorithm), next };
    });
    parts.push(...value.listed);
    return value.next;
  };
  let marker: number | undefined = 0;
  while (marker !== undefined) marker = await listFrom(marker);
  return parts;
}

function readParts(listed: unknown, algorithm: Algorithm): ListedPart[] {
  if (!Array.isArray(listed)) return [];
  return listed.map((part: Readonly<Record<string, unknown>>) => {
    const checksum = part[checksumElement(algorithm)];
    return {
      number: Number(part.PartNumber),
      size: Number(part.Size),
      etag: bareEtag(String(part.ETag)),
      ...(typeof checksum === 'string' ? { checksum } : {}),
    };
  });
}

/** An open upload as the store lists it. */
export interface ListedUpload extends OpenUpload {
  /** Milliseconds since 1970 by this computer's clock, as far as the answer tells how it differs from the store's. */
  readonly openedAt: number;
}

/**
 * The open uploads of a key, the oldest first. The edge asks for 100, which `truncated` says are not all.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
export async function listUploads(
  edge: EdgeClient,
  key: string,
  now: () => Date,
): Promise<{ readonly uploads: readonly ListedUpload[]; readonly truncated: boolean }> {
  const { value } = await edge.request({ method: 'GET', key, query: 'uploads' }, ({ headers, text }) => {
    const page = readXml(text, 'ListMultipartUploadsResult');
    if (page === undefined) throw unreadable(key);
    const ahead = Date.parse(headers.date ?? '') - now().getTime();
    const listed = Array.isArray(page.Upload) ? page.Upload : [];
    const uploads = listed.map((upload: Readonly<Record<string, unknown>>) => ({
      key: String(upload.Key),
      uploadId: String(upload.UploadId),
      openedAt: Date.parse(String(upload.Initiated)) - (Number.isNaN(ahead) ? 0 : ahead),
    }));
    return { uploads, truncated: page.IsTruncated === 'true' };
  });
  // Those of keys that only begin with this one are listed too.
  return { ...value, uploads: value.uploads.filter((upload) => upload.key === key) };
}

/** Whether the store has any part of an upload; it has none of one that is open no more. */
export async function hasParts(edge: EdgeClient, { key, uploadId }: OpenUpload): Promise<boolean> {
  const query = `${idQuery(uploadId)}&max-parts=1`;
  try {
    const { value } = await edge.request({ method: 'GET', key, query }, ({ text }) => {
      const page = readXml(text, 'ListPartsResult');
      if (page === undefined) throw unreadable(key);
      return Array.isArray(page.Part);
    });
    return value;
  } catch (error) {
    if (error instanceof UploadGone) return false;
    throw error;
  }
}
