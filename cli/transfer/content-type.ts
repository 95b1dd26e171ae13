import mime from 'mime';
import { UserError } from '../errors.ts';

/** The media type that a file's extension tells; `application/octet-stream` where it tells none. */
export function contentType(path: string): string {
  return mime.getType(path) ?? 'application/octet-stream';
}

/** RFC 9110, 8.3.1: type, subtype and parameters. */
const MEDIA_TYPE =
  /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?:\s*;\s*[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[^"\\\r\n]*"))*$/;

/** @throws {UserError} `usage` for what is no media type. */
export function checkContentType(typed: string): void {
  if (MEDIA_TYPE.test(typed)) return;
  throw new UserError('usage', `“${typed}” is not a content type.`, {
    hint: 'It looks like image/png or text/plain; charset=utf-8',
  });
}
