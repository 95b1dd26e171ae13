/**
 * Decodes Node's header values and request targets, which have one character a byte. Functions see UTF-8 where the bytes
 * are valid UTF-8, and ISO-8859-1 otherwise.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html#function-restrictions-encoding
 */
export function decodeWire(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return bytes;
  }
}

/** Encodes text as UTF-8, one character a byte. */
export function encodeWire(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}
