/** Returns an address that was typed without the parts that can be a password or a token, for errors to quote. */
export function quotableAddress(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1…@').replace(/([?#]).+$/s, '$1…');
}
