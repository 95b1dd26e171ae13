import type { IncomingMessage } from 'node:http';
import type { ViewerRequest } from '../function/viewer-event.ts';

/** A viewer's request on its connection. */
export interface Viewer {
  readonly message: IncomingMessage;
  readonly clientIp: string;
  /** Sends `100 Continue` to a viewer that sent `Expect: 100-continue`. */
  continueBody(): void;
  /** Closes the connection with a TCP reset. */
  resetConnection(): void;
}

/** Largest request line with headers, bytes. */
const MAX_REQUEST_BYTES = 32_768;
const MAX_URL_BYTES = 8_192;

/** Status codes for requests that are too long. The second is nginx's own. */
const URL_TOO_LONG = 414;
export const HEAD_TOO_LONG = 494;

/** Reason phrases that Node lacks or words differently. */
export const PHRASES: Readonly<Record<number, string>> = {
  [URL_TOO_LONG]: 'Request-URI Too Large',
  [HEAD_TOO_LONG]: 'Request Header Or Cookie Too Large',
};

/**
 * Returns the error status if the URL, or the request line with headers, exceeds CloudFront's limit; otherwise
 * `undefined`.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorS3Origin.html#RequestS3MaxRequestStringLength
 */
export function tooLong(viewer: ViewerRequest, host: string): number | undefined {
  const target = viewer.path.length + (viewer.query === '' ? 0 : viewer.query.length + 1);
  if ('https://'.length + host.length + target > MAX_URL_BYTES) return URL_TOO_LONG;
  let size = viewer.method.length + target + ' HTTP/1.1\r\n\r\n'.length + 1;
  // Each name is followed by `: `, each value by CRLF: two characters either way.
  for (const text of viewer.rawHeaders) size += text.length + 2;
  return size > MAX_REQUEST_BYTES ? HEAD_TOO_LONG : undefined;
}
