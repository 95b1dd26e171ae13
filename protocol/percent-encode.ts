/**
 * Percent-encodes text in UTF-8 as signature version 4 requires: everything except RFC 3986's unreserved characters.
 * `encodeURIComponent` leaves five more characters unencoded.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @throws {URIError} for a lone surrogate
 */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Returns the URL path of a key, without the leading `/`. Slashes are not encoded. */
export function encodeKey(key: string): string {
  if (/^[\w.~/-]*$/.test(key)) return key;
  return percentEncode(key).replaceAll('%2F', '/');
}

/** Returns a query string without the `?`. Names are not encoded. */
export function encodeQuery(query: Iterable<readonly [name: string, value: string]>): string {
  return [...query].map(([name, value]) => `${name}=${percentEncode(value)}`).join('&');
}
