/** A link, a key, or the first two parts of a JWT. Host names are in lower case. */
const TOKEN = /(?:eu[lk]_|eyJ[\w-]+\.eyJ)[\w.-]*/i;

/** Returns whether a token stands where an address, or a part of one, was typed. */
export function containsToken(address: string): boolean {
  return TOKEN.test(address);
}

/** Returns an address that was typed without the parts that can be a password or a token, for errors to quote. */
export function quotableAddress(address: string): string {
  return address
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1…@')
    .replace(/([?#]).+$/s, '$1…')
    .replace(new RegExp(TOKEN, 'gi'), '…');
}
