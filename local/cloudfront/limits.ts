import type { ViewerRequest } from './viewer-event.ts';

/**
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorS3Origin.html#RequestS3MaxRequestStringLength
 */
export const MAX_REQUEST_BYTES = 20_480;
const MAX_URL_BYTES = 8_192;

/** Whether request line and headers, or the URL made of them, are longer than CloudFront takes. */
export function isTooLong(viewer: ViewerRequest, host: string): boolean {
  const target = viewer.path.length + (viewer.query === '' ? 0 : viewer.query.length + 1);
  let size = viewer.method.length + target + ' HTTP/1.1\r\n\r\n'.length + 1;
  for (const [index, text] of viewer.rawHeaders.entries()) {
    // After a name stands `: `, after a value the line's end.
    size += text.length + (index % 2 === 0 ? ': '.length : '\r\n'.length);
  }
  return size > MAX_REQUEST_BYTES || 'https://'.length + host.length + target > MAX_URL_BYTES;
}
