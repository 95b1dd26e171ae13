import type { HttpResponse } from '../../wire/http.ts';
import { readExpectations } from '../body/expectations.ts';
import { receiveBody } from '../body/receive.ts';
import { type Checksum, checksumHeader } from '../checksums/algorithms.ts';
import { readDescription } from '../headers.ts';
import { checkKey } from '../key.ts';
import type { BucketCall } from '../operation.ts';
import type { Version } from '../store/version.ts';
import { DEFAULT_ALGORITHM, writeObject } from './write-object.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export async function putObject(call: BucketCall): Promise<HttpResponse> {
  const { request, authentication, key } = call;
  checkKey(key);
  const description = readDescription(request.headers);
  const expected = readExpectations(request.headers, authentication.payload);
  const algorithm = expected.checksum?.algorithm ?? DEFAULT_ALGORITHM;
  const version = await writeObject(call, {
    description,
    size: expected.size,
    algorithm,
    receive: (makeSink) => receiveBody(request, authentication, expected, makeSink, [algorithm]),
  });
  return { status: 200, headers: writtenHeaders(version) };
}

/** What every write that made a version answers with. */
function writtenHeaders(version: Version): Record<string, string> {
  return {
    etag: `"${version.etag}"`,
    'x-amz-server-side-encryption': 'AES256',
    ...versionHeader(version),
    ...(version.checksum === undefined ? {} : checksumHeaders(version.checksum)),
  };
}

export function checksumHeaders({ algorithm, value, type }: Checksum): Record<string, string> {
  return { [checksumHeader(algorithm)]: value, 'x-amz-checksum-type': type };
}

/** Only versions that were made with versioning enabled are named. */
export function versionHeader({ versionId }: Version): Record<string, string> {
  return versionId === 'null' ? {} : { 'x-amz-version-id': versionId };
}
