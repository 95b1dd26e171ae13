import { FetchError } from 'aws-jwt-verify/error';
import { fetch } from 'aws-jwt-verify/https';
import { type Jwks as DownloadedJwks, SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { Jwks } from './config.ts';

/** A viewer-request function has 5 s for everything; one download gets this many milliseconds of them. */
const DOWNLOAD_LIMIT_MS = 1_500;

/** How long no download is tried after one failed. The library waits as long after a key id that was not found. */
export const BACK_OFF_SECONDS = 10;

export type Download = (uri: string) => Promise<ArrayBuffer>;

/** Tries once: the library's own fetcher would try again and so take twice as long. */
const downloadOnce: Download = (uri) =>
  fetch(uri, { timeout: DOWNLOAD_LIMIT_MS, responseTimeout: DOWNLOAD_LIMIT_MS });

const { jwksParser: parse } = new SimpleJwksCache();

/**
 * The pool's keys. Those baked in answer without the network. A key id that is not among them makes one bounded
 * download, at most one for each address in {@link BACK_OFF_SECONDS}: made-up key ids cost their sender alone, and what
 * they made us download serves everybody. It adds to the baked keys and never displaces them.
 */
export function createKeySet(baked: Jwks, download = downloadOnce, now = Date.now): SimpleJwksCache {
  const closedUntil = new Map<string, number>();
  return new SimpleJwksCache({
    fetcher: {
      fetch: async (uri) => {
        if (now() < (closedUntil.get(uri) ?? 0)) throw new FetchError(uri, 'it failed a moment ago');
        closedUntil.set(uri, now() + BACK_OFF_SECONDS * 1000);
        const document = await download(uri);
        // One that is no key set counts as a failure too.
        parse(document);
        closedUntil.delete(uri);
        return document;
      },
    },
    jwksParser: (document) => ({ keys: [...baked.keys, ...parse(document).keys] }) as DownloadedJwks,
  });
}
