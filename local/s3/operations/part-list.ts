import { AwsError } from '../../wire/errors.ts';
import { ALGORITHM_NAMES, type Algorithm, isAlgorithm } from '../checksums/algorithms.ts';
import { invalidArgument, invalidRequest, malformedXml, notImplemented } from '../errors.ts';
import { unquoted } from '../headers.ts';
import type { Part, Upload } from '../store/uploads.ts';
import { childText, once, type ParsedXml, parseXml, repeated } from '../xml.ts';

/** A part in the client's list that completes an upload. */
export interface ListedPart {
  readonly number: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksums: Readonly<Partial<Record<Algorithm, string>>>;
}

const MAX_PARTS = 10_000;

/** Checksums that the embedded S3 does not support. */
const OTHER_CHECKSUMS = ['MD5', 'SHA512', 'XXHASH128', 'XXHASH3', 'XXHASH64'];
const CHECKSUMS = [...ALGORITHM_NAMES, ...OTHER_CHECKSUMS].map((name) => [`Checksum${name}`, once()]);
const PARTS = {
  Part: repeated({ PartNumber: once(), ETag: once(), ...Object.fromEntries(CHECKSUMS) }, MAX_PARTS),
};

/** @throws AwsError `MalformedXML`, `InvalidPartOrder` */
export function readPartList(text: string): ListedPart[] {
  const parts = (parseXml(text, 'CompleteMultipartUpload', PARTS).Part ?? []).map(readPart);
  if (parts.length === 0) throw malformedXml();
  const ordered = parts.every(({ number }, at) => at === 0 || number > (parts[at - 1]?.number ?? 0));
  if (ordered) return parts;
  throw invalidPartOrder();
}

const invalidPartOrder = () =>
  new AwsError(
    'InvalidPartOrder',
    'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
  );

/**
 * Parts with checksums must be numbered without gaps from 1:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompletedPart.html
 *
 * @throws AwsError `InvalidPartOrder`
 */
export function checkConsecutive({ record }: Upload, parts: readonly Part[]): void {
  const hasChecksums = record.declared && record.algorithm !== 'CRC64NVME';
  if (hasChecksums && parts.some(({ number }, at) => number !== at + 1)) throw invalidPartOrder();
}

function readPart(element: ParsedXml): ListedPart {
  const number = childText(element, 'PartNumber')?.trim() ?? '';
  const etag = childText(element, 'ETag')?.trim();
  if (!/^-?\d{1,5}$/.test(number) || !etag) throw malformedXml();
  if (Number(number) < 1) throw invalidArgument('PartNumber', number, 'PartNumber must be >= 1');
  const checksums: Partial<Record<Algorithm, string>> = {};
  for (const name of Object.keys(element)) {
    if (!name.startsWith('Checksum')) continue;
    const algorithm = name.slice('Checksum'.length);
    if (!isAlgorithm(algorithm)) throw notImplemented(`The checksum element ${name}`);
    checksums[algorithm] = childText(element, name) ?? '';
  }
  return { number: Number(number), etag: unquoted(etag), checksums };
}

/**
 * Returns the uploaded part for a listed one.
 *
 * @throws AwsError `InvalidPart` if it does not exist or differs
 */
export function choosePart(upload: Upload, listed: ListedPart): Part {
  const { declared, algorithm, checksumType } = upload.record;
  if (declared && checksumType === 'COMPOSITE' && listed.checksums[algorithm] === undefined) {
    throw invalidRequest(
      `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the ` +
        `checksum for each part. It was missing for part ${listed.number} in the request.`,
    );
  }
  const part = upload.part(listed.number);
  const same =
    part !== undefined &&
    part.etag === listed.etag &&
    Object.entries(listed.checksums).every(([name, value]) => part.checksums[name as Algorithm] === value);
  if (same) return part;
  throw new AwsError(
    'InvalidPart',
    'One or more of the specified parts could not be found. The part may not have been uploaded, or the specified ' +
      "entity tag may not match the part's entity tag.",
    400,
    { UploadId: upload.record.uploadId, PartNumber: String(listed.number), ETag: listed.etag },
  );
}
