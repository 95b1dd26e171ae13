import { FetchError } from 'aws-jwt-verify/error';
import { fetch } from 'aws-jwt-verify/https';
import { assertIsJwks, type Jwks as FetchedJwks, SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { Jwks } from './config.ts';

/** A viewer-request function has 5 s for everything, so one download gets this many milliseconds. */
const DOWNLOAD_LIMIT_MS = 1_500;

/** How long no download is tried after one failed; the library waits as long after an unknown key id. */
export const BACK_OFF_SECONDS = 10;

export type Download = (uri: string) => Promise<ArrayBuffer>;

/** Once only: the library's own fetcher would try again and so take twice as long. */
const download: Download = (uri) =>
  fetch(uri, { timeout: DOWNLOAD_LIMIT_MS, responseTimeout: DOWNLOAD_LIMIT_MS });

function parse(bytes: ArrayBuffer): FetchedJwks {
  const document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  assertIsJwks(document);
  return document;
}

/**
 * The pool's keys. Those baked in answer without the network; an unknown key id makes one bounded download, at most
 * one in {@link BACK_OFF_SECONDS}, so that made-up key ids cost their sender only. What was downloaded adds to the baked
 * keys and never displaces them.
 */
export function createKeySet(baked: Jwks, fetchOnce = download, now = Date.now): SimpleJwksCache {
  let closedUntil = 0;
  return new SimpleJwksCache({
    fetcher: {
      fetch: async (uri) => {
        if (now() < closedUntil) throw new FetchError(uri, 'it failed a moment ago');
        closedUntil = now() + BACK_OFF_SECONDS * 1000;
        const bytes = await fetchOnce(uri);
        parse(bytes);
        closedUntil = 0;
        return bytes;
      },
    },
    jwksParser: (bytes) => ({ keys: [...baked.keys, ...parse(bytes).keys] }) as FetchedJwks,
  });
}
