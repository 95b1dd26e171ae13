import { omitUndefined } from '../../../protocol/fields.ts';
import { MAX_PART, MAX_PARTS, partOf } from '../../../protocol/parts.ts';
import { type Algorithm, checksumElement, readEtag } from '../integrity.ts';
import type { Plan } from '../plan.ts';
import type { EdgeClient } from '../wire/edge-client.ts';
import { unexpectedResponse } from '../wire/pages.ts';
import { UploadGone } from '../wire/responses.ts';
import { type Elements, listOf, numberOf, readXml, textOf } from '../wire/xml.ts';
import { isUploadId, type OpenUpload, type StoredPart } from './requests.ts';

/** Maximum open uploads on a page of S3; the edge requests 100. */
const MAX_LISTED = 1_000;

/** A part as the store lists it. */
export type ListedPart = Omit<StoredPart, 'checksum'> & { readonly checksum?: string };

/**
 * Returns all parts that the store has of an upload.
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
    const query = { uploadId, ...(marker === 0 ? {} : { 'part-number-marker': String(marker) }) };
    const { value } = await edge.request({ method: 'GET', key, query }, (response) => {
      const page = readXml(response.text, 'ListPartsResult');
      const listed = page && readParts(page, algorithm);
      if (page === undefined || listed === undefined) throw unexpectedResponse(key, response);
      if (textOf(page, 'IsTruncated') !== 'true') return { listed, next: undefined };
      const next = numberOf(page, 'NextPartNumberMarker', MAX_PARTS);
      if (next === undefined || next <= marker || listed.length === 0)
        throw unexpectedResponse(key, response);
      return { listed, next };
    });
    parts.push(...value.listed);
    return value.next;
  };
  let marker: number | undefined = 0;
  while (marker !== undefined) marker = await listFrom(marker);
  return parts;
}

/** Returns the parts of a page; `undefined` if one of them is invalid. */
function readParts(page: Elements, algorithm: Algorithm): ListedPart[] | undefined {
  const parts = listOf(page, 'Part')?.map((part): ListedPart | undefined => {
    const number = numberOf(part, 'PartNumber', MAX_PARTS);
    const size = numberOf(part, 'Size', MAX_PART);
    const etag = readEtag(textOf(part, 'ETag'));
    if (number === undefined || size === undefined || etag === undefined) return undefined;
    const checksum = textOf(part, checksumElement(algorithm));
    return { number, size, etag, ...omitUndefined({ checksum }) };
  });
  const sound = parts?.filter((part) => part !== undefined);
  return sound?.length === parts?.length ? sound : undefined;
}

/** An open upload as the store lists it. */
export interface ListedUpload extends OpenUpload {
  /** Milliseconds since 1970 by this computer's clock, corrected by the response's date. */
  readonly openedAt: number;
}

/**
 * Returns the open uploads of a key, the oldest first. The edge requests 100; `truncated`: there are more.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
export async function listUploads(
  edge: EdgeClient,
  key: string,
  now: () => Date,
): Promise<{ readonly uploads: readonly ListedUpload[]; readonly truncated: boolean }> {
  const { value } = await edge.request({ method: 'GET', key, query: { uploads: '' } }, (response) => {
    const page = readXml(response.text, 'ListMultipartUploadsResult');
    const listed = page && listOf(page, 'Upload');
    if (page === undefined || listed === undefined || listed.length > MAX_LISTED) {
      throw unexpectedResponse(key, response);
    }
    const ahead = Date.parse(response.headers.date ?? '') - now().getTime();
    const uploads = listed.flatMap((upload) => {
      const uploadId = textOf(upload, 'UploadId');
      if (!isUploadId(uploadId)) return [];
      const openedAt = Date.parse(textOf(upload, 'Initiated') ?? '') - (Number.isNaN(ahead) ? 0 : ahead);
      return [{ key: textOf(upload, 'Key') ?? '', uploadId, openedAt }];
    });
    return { uploads, truncated: textOf(page, 'IsTruncated') === 'true' };
  });
  // S3 lists the uploads of longer keys too.
  return { ...value, uploads: value.uploads.filter((upload) => upload.key === key) };
}

/** Whether the store has any part of an upload; false if it is no longer open. */
export async function hasParts(edge: EdgeClient, { key, uploadId }: OpenUpload): Promise<boolean> {
  const query = { uploadId, 'max-parts': '1' };
  try {
    const { value } = await edge.request({ method: 'GET', key, query }, (response) => {
      const page = readXml(response.text, 'ListPartsResult');
      const parts = page && listOf(page, 'Part');
      if (parts === undefined) throw unexpectedResponse(key, response);
      return parts.length > 0;
    });
    return value;
  } catch (error) {
    if (error instanceof UploadGone) return false;
    throw error;
  }
}

export interface Reconciled {
  /** Parts that are not sent again, because journal and store agree on them. */
  readonly kept: readonly StoredPart[];
  /** Parts of the right size at the store that differ from the journal, or are missing in it. */
  readonly doubtful: readonly ListedPart[];
}

/**
 * Compares the journal's parts with those that the store lists; neither is trusted alone. A part is kept if its size is
 * the plan's and both have the same ETag and checksum. If the store lists no checksum, the ETag decides. Parts that are
 * in neither result must be sent.
 */
export function reconcile(
  size: number,
  plan: Plan,
  recorded: ReadonlyMap<number, StoredPart>,
  listed: readonly ListedPart[],
): Reconciled {
  const kept: StoredPart[] = [];
  const doubtful: ListedPart[] = [];
  const seen = new Set<number>();
  for (const part of listed) {
    const { number } = part;
    if (!Number.isInteger(number) || number < 1 || number > plan.parts || seen.has(number)) continue;
    seen.add(number);
    if (part.size !== partOf(number, size, plan).length) continue;
    const ours = recorded.get(number);
    const agreed =
      ours !== undefined &&
      ours.size === part.size &&
      ours.etag === part.etag &&
      (part.checksum === undefined || part.checksum === ours.checksum);
    if (agreed) kept.push(ours);
    else doubtful.push(part);
  }
  return { kept, doubtful };
}
