/** Request headers that describe or protect the uploaded object. The edge forwards them to S3. */
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

/** Prefixes of further such headers. */
export const OBJECT_HEADER_PREFIXES: readonly string[] = ['x-amz-checksum-', 'x-amz-meta-'];
