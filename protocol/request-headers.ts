/** Request headers of an upload that describe or protect the object; the edge forwards them to S3. */
export const OBJECT_HEADERS: readonly string[] = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-md5',
  'content-type',
  'if-none-match',
  'x-amz-mp-object-size',
  'x-amz-sdk-checksum-algorithm',
];

/** Beginnings of the names of further ones. */
export const OBJECT_HEADER_PREFIXES: readonly string[] = ['x-amz-checksum-', 'x-amz-meta-'];
