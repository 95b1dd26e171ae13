/**
 * Percent-encodes text as signature version 4 does: all but RFC 3986's unreserved characters, in UTF-8.
 * `encodeURIComponent` leaves five characters more as they are.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @throws {URIError} for a lone surrogate.
 */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
