/** Names shared by both sides of the bridge. */

/** Settable parts of a URL. */
export const URL_PARTS = [
  'href',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const;

export type UrlParts = Readonly<Record<(typeof URL_PARTS)[number] | 'origin', string>>;

export const ZLIB_METHODS = ['gunzip', 'gzip'] as const;
