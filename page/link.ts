/** Returns the token of a link in an address's fragment, such as `#eul_…`; `undefined` where there is none. */
export function linkToken(fragment: string): string | undefined {
  return /^#?(eul_[\w-]+\.[\w-]+\.[\w-]+)$/.exec(fragment)?.[1];
}
