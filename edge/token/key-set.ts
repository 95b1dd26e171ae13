import { type Jwk, signingKeysOf } from '../../protocol/signing-key.ts';
import { Refusal } from '../refusal.ts';
import { type Download, download as overHttps } from './download.ts';

/** How long no further download is tried after one. */
const BACK_OFF_SECONDS = 10;

/** The key with an id; `undefined` where the issuer has none. @throws {Refusal} `keys_unavailable` */
export type FindKey = (kid: string) => Promise<Jwk | undefined>;

export interface KeySources {
  readonly download?: Download;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** @throws {Error} for a document without a single key to verify with. */
function parseKeys(document: string): readonly Jwk[] {
  const keys = signingKeysOf(JSON.parse(document));
  if (keys.length === 0) throw new Error('no keys');
  return keys;
}

/**
 * An issuer's keys. Those baked in answer without the network. A key id that is not among them makes one bounded download,
 * at most one in {@link BACK_OFF_SECONDS}. What was downloaded replaces the keys there were: one that the issuer has
 * withdrawn is no longer trusted. A download that fails leaves them as they are.
 */
export function createKeySet(
  baked: readonly Jwk[],
  uri: string,
  { download = overHttps, now = Date.now }: KeySources = {},
): FindKey {
  let keys = baked;
  let closedUntil = 0;
  let failed = false;
  let loading: Promise<void> | undefined;

  async function load(): Promise<void> {
    try {
      keys = parseKeys(await download(uri));
      failed = false;
    } catch {
      // Whatever the cause, callers learn that the keys cannot be had.
      failed = true;
    } finally {
      closedUntil = now() + BACK_OFF_SECONDS * 1000;
      loading = undefined;
    }
  }

  return async (kid) => {
    const find = () => keys.find((key) => key.kid === kid);
    const known = find();
    if (known !== undefined) return known;
    if (now() >= closedUntil) loading ??= load();
    await loading;
    const found = find();
    if (found !== undefined || !failed) return found;
    throw new Refusal('keys_unavailable', 'The keys that verify the token are unavailable at the moment.', {
      'retry-after': String(BACK_OFF_SECONDS),
    });
  };
}
