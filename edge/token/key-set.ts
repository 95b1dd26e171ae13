import { isJsonObject, safeJsonParse } from 'aws-jwt-verify/safe-json-parse';
import { algorithmsOf, type Jwk, publishedKeysOf } from '../../protocol/signing-key.ts';
import type { EdgeIssuer } from '../config.ts';
import { Refusal } from '../refusal.ts';
import { type Download, download as overHttps } from './download.ts';

/** Minimum seconds between two downloads. */
const BACK_OFF_SECONDS = 10;

/** Age from which a set is downloaded again, in seconds. */
const FRESH_SECONDS = 24 * 3600;

/** Age from which a set is no longer used, in seconds. */
const LAST_SECONDS = 7 * FRESH_SECONDS;

export interface KeySet {
  /**
   * Returns the key with an id, preferably one that supports the algorithm.
   * @throws {Refusal} `keys_unavailable`
   */
  readonly find: (kid: string, alg: string) => Promise<Jwk | undefined>;
  /**
   * Whether a key that `find` returned is still in the set.
   * @throws {Refusal} `keys_unavailable`
   */
  readonly has: (key: Jwk) => Promise<boolean>;
}

export interface KeySources {
  readonly download?: Download;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Returns the keys of a document. Known keys keep their objects. An empty set is valid, because an issuer can withdraw
 * all its keys. A pool never does.
 * @throws {Error} for anything but a key set
 */
function parseKeys(document: string, before: readonly Jwk[], kind: EdgeIssuer['kind']): readonly Jwk[] {
  const keySet = safeJsonParse(document);
  const keys = publishedKeysOf(keySet);
  const isSet = isJsonObject(keySet) && Array.isArray(keySet.keys);
  if (!isSet || (kind === 'pool' && keys.length === 0)) throw new Error('no keys');
  const known = new Map(before.map((key) => [JSON.stringify(key), key]));
  return keys.map((key) => known.get(JSON.stringify(key)) ?? key);
}

/** Creates a key set that is never downloaded. The deployment's own issuer uses it: all its keys are baked. */
export function fixedKeySet(keys: readonly Jwk[]): KeySet {
  return {
    find: async (kid) => keys.find((key) => key.kid === kid),
    has: async (key) => keys.includes(key),
  };
}

/**
 * Creates an issuer's key set. Baked keys need no network. An unknown key id causes one bounded download, at most one
 * in {@link BACK_OFF_SECONDS}. A download replaces the keys, so that withdrawn keys are no longer trusted; a failed
 * download keeps them. Sets of issuers other than the pool also expire.
 * @param bakedAt Seconds since 1970.
 */
export function createKeySet(
  { keys: baked, jwksUri, kind }: Pick<EdgeIssuer, 'keys' | 'jwksUri' | 'kind'>,
  bakedAt = 0,
  { download = overHttps, now = Date.now }: KeySources = {},
): KeySet {
  let keys = baked;
  let freshAt = bakedAt * 1000;
  let closedUntil = 0;
  let failed = false;
  let loading: Promise<void> | undefined;

  async function load(): Promise<void> {
    try {
      keys = parseKeys(await download(jwksUri), keys, kind);
      freshAt = now();
      failed = false;
    } catch {
      // Callers get `keys_unavailable` for every cause.
      failed = true;
    } finally {
      closedUntil = now() + BACK_OFF_SECONDS * 1000;
      loading = undefined;
    }
  }

  async function reload(): Promise<void> {
    if (now() >= closedUntil) loading ??= load();
    await loading;
  }

  // A pool's keys never change.
  const isOlder = (seconds: number) => kind !== 'pool' && now() - freshAt > seconds * 1000;

  async function freshen(): Promise<void> {
    await reload();
    if (isOlder(LAST_SECONDS)) throw unavailable();
  }

  return {
    async find(kid, alg) {
      const find = () => {
        const named = keys.filter((key) => key.kid === kid);
        return named.find((key) => algorithmsOf(key).includes(alg)) ?? named[0];
      };
      if (isOlder(FRESH_SECONDS)) await freshen();
      const known = find();
      if (known !== undefined) return known;
      await reload();
      const found = find();
      if (found === undefined && failed) throw unavailable();
      return found;
    },
    async has(key) {
      if (isOlder(FRESH_SECONDS)) await freshen();
      return keys.includes(key);
    },
  };
}

function unavailable(): Refusal {
  return new Refusal('keys_unavailable', 'The keys that verify the token are unavailable at the moment.', {
    'retry-after': String(BACK_OFF_SECONDS),
  });
}
