/** Returns the token of a link in an address's fragment, such as `#eul_…`; `undefined` where there is none. */
export function linkToken(fragment: string): string | undefined {
  return /^#?(eul_[\w-]+\.[\w-]+\.[\w-]+)$/.exec(fragment)?.[1];
}

/** Whether an address's fragment has a link's token, or what a mail program left of one. */
export function isLink(fragment: string): boolean {
  return /^#?eul_/.test(fragment);
}
