import type { HttpResponse } from '../../wire/http.ts';
import { type Algorithm, isAlgorithm } from '../checksums/algorithms.ts';
import { invalidArgument, invalidRequest, notImplemented } from '../errors.ts';
import { readDescription } from '../headers.ts';
import { checkKey } from '../key.ts';
import { type BucketCall, xmlAnswer } from '../operation.ts';
import type { Version } from '../store/version.ts';
import { type CopySource, checkCopySize, findCopySource, receiveCopy } from './copy-source.ts';
import { versionHeader } from './put-object.ts';
import { DEFAULT_ALGORITHM, writeObject } from './write-object.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export async function copyObject(call: BucketCall): Promise<HttpResponse> {
  const { request, key } = call;
  checkKey(key);
  const replaces = readDirective(request.headers, 'metadata');
  readDirective(request.headers, 'tagging');
  const algorithmGiven = readAlgorithm(request.headers);
  const source = findCopySource(call);
  if (!replaces && algorithmGiven === undefined) checkItself(call, source);
  const { size, headers, metadata, checksum } = source.version;
  checkCopySize(size);
  const algorithm = algorithmGiven ?? checksum?.algorithm ?? DEFAULT_ALGORITHM;
  const version = await writeObject(call, {
    description: replaces ? readDescription(request.headers) : { headers, metadata },
    size,
    algorithm,
    receive: (makeSink) => receiveCopy(call, source, undefined, makeSink, [algorithm]),
  });
  return copied(version, source);
}

/** Whether the request states the object's metadata or tags anew, and does not take those of the source. */
function readDirective(headers: Readonly<Record<string, string>>, of: 'metadata' | 'tagging'): boolean {
  const name = `x-amz-${of}-directive`;
  const directive = headers[name] ?? 'COPY';
  if (directive === 'COPY' || directive === 'REPLACE') return directive === 'REPLACE';
  throw invalidArgument(name, directive, `Unknown ${of} directive.`);
}

function readAlgorithm(headers: Readonly<Record<string, string>>): Algorithm | undefined {
  const named = headers['x-amz-checksum-algorithm']?.toUpperCase();
  if (named === undefined || isAlgorithm(named)) return named;
  throw notImplemented(`The checksum algorithm ${named}`);
}

/** A copy of an object onto itself has to change something; restoring an older version does. */
function checkItself({ request, bucket, key }: BucketCall, { bucket: from, version }: CopySource): void {
  const current = bucket.current(key);
  const states = ['x-amz-storage-class', 'x-amz-server-side-encryption'];
  const same = from === bucket && version.key === key && version.versionId === current?.versionId;
  if (!same || states.some((name) => request.headers[name] !== undefined)) return;
  throw invalidRequest(
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}

function copied(version: Version, source: CopySource): HttpResponse {
  const { checksum } = version;
  return xmlAnswer(
    'CopyObjectResult',
    {
      LastModified: version.modified,
      ETag: `"${version.etag}"`,
      ...(checksum && { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type }),
    },
    {
      'x-amz-server-side-encryption': 'AES256',
      ...versionHeader(version),
      ...sourceVersionHeader(source),
    },
  );
}

/** Only versions that were made with versioning enabled are named. */
export function sourceVersionHeader({ version }: CopySource): Record<string, string> {
  return version.versionId === 'null' ? {} : { 'x-amz-copy-source-version-id': version.versionId };
}
