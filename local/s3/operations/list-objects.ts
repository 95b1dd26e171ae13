import type { HttpResponse } from '../../wire/http.ts';
import type { XmlChildren } from '../../wire/xml.ts';
import { type BucketCall, xmlAnswer } from '../operation.ts';
import { OWNER } from '../owner.ts';
import { type KeyPage, listKeys } from './list-keys.ts';
import { continuationToken, keyEncoding, pageSize, readContinuationToken } from './list-query.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function listObjectsV2(call: BucketCall): HttpResponse {
  const { query, bucket } = call;
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const encode = keyEncoding(query);
  const asked = askedOf(query);
  const after = token === undefined ? (startAfter ?? '') : readContinuationToken(token);
  const page = listKeys(bucket, { ...asked, after });
  return xmlAnswer('ListBucketResult', {
    ...echo(call, encode),
    MaxKeys: asked.limit,
    KeyCount: page.keys.length + page.commonPrefixes.length,
    ContinuationToken: token,
    NextContinuationToken: page.next === undefined ? undefined : continuationToken(page.next),
    StartAfter: startAfter === undefined ? undefined : encode(startAfter),
    ...found(call, page, encode, query.get('fetch-owner') === 'true'),
  });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html */
export function listObjects(call: BucketCall): HttpResponse {
  const { query, bucket } = call;
  const encode = keyEncoding(query);
  const asked = askedOf(query);
  const marker = query.get('marker') ?? '';
  const page = listKeys(bucket, { ...asked, after: marker });
  const next = asked.delimiter === '' ? undefined : page.next;
  return xmlAnswer('ListBucketResult', {
    ...echo(call, encode),
    Marker: encode(marker),
    NextMarker: next === undefined ? undefined : encode(next),
    MaxKeys: asked.limit,
    ...found(call, page, encode, true),
  });
}

function askedOf(query: ReadonlyMap<string, string>) {
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    limit: pageSize(query, 'max-keys'),
  };
}

function echo({ bucketName, query }: BucketCall, encode: (text: string) => string): XmlChildren {
  const delimiter = query.get('delimiter');
  return {
    Name: bucketName,
    Prefix: encode(query.get('prefix') ?? ''),
    Delimiter: delimiter ? encode(delimiter) : undefined,
    EncodingType: query.get('encoding-type'),
  };
}

function found(
  call: BucketCall,
  page: KeyPage,
  encode: (text: string) => string,
  owner: boolean,
): XmlChildren {
  return {
    IsTruncated: page.next !== undefined,
    Contents: page.keys.flatMap((key): XmlChildren[] => {
      const version = call.bucket.current(key);
      if (version === undefined) return [];
      return [
        {
          Key: encode(key),
          LastModified: version.modified,
          ETag: `"${version.etag}"`,
          ChecksumAlgorithm: version.checksum?.algorithm,
          ChecksumType: version.checksum?.type,
          Size: version.size,
          StorageClass: 'STANDARD',
          Owner: owner ? OWNER : undefined,
        },
      ];
    }),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  };
}
