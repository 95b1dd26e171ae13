/** The newest credentials are kept: a command that runs for days renews its token each hour. */
const MAX_KEPT = 200;

/** Shorter ends of a text with dots are not signatures. */
const LEAST_SIGNATURE = 32;
/** No token is shorter, nor a password that the pool of a deployment accepts; a text may contain shorter words by chance. */
const LEAST = 8;

/**
 * The credentials that one command or one uploader sent. A receiver can quote them in any encoding, and they can get into
 * any message. They are therefore removed where text leaves the command, not where it arrives.
 */
export interface SentCredentials {
  /** Notes credentials before they are sent. */
  note(...credentials: readonly (string | undefined)[]): void;
  /** Notes the credential of an `Authorization` header, such as `Bearer <token>`. */
  noteAuthorization(header: string | undefined): void;
  /** Allows a credential to be printed, even if it was sent, because the user requested it. */
  mayBePrinted(credential: string): void;
  /** Returns a value without the credentials: a text, or a list or plain object of texts. Other objects stay as they are. */
  removedFrom<T>(value: T): T;
}

/** Returns the credential, and the signature of a JWT: the rest can be guessed. Its header is that of other tokens too. */
function secretsIn(credential: string): readonly string[] {
  const [, signature = ''] = /^[^.]+\.[^.]+\.([^.]+)$/.exec(credential) ?? [];
  return credential.length < LEAST
    ? []
    : [credential, ...(signature.length < LEAST_SIGNATURE ? [] : [signature])];
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Returns true if a text of a value passes the test, names included. */
function hasText(value: unknown, test: (text: string) => boolean): boolean {
  if (typeof value === 'string') return test(value);
  if (Array.isArray(value)) return value.some((one) => hasText(one, test));
  if (typeof value !== 'object' || value === null || !isPlainObject(value)) return false;
  for (const name in value) if (test(name) || hasText(value[name as keyof typeof value], test)) return true;
  return false;
}

/** Returns a value with each text in it changed, names included. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (typeof value !== 'object' || value === null || !isPlainObject(value)) return value;
  const pairs = Object.entries(value).map(([name, one]) => [change(name), mapTexts(one, change)]);
  return Object.fromEntries(pairs);
}

export function createSentCredentials(): SentCredentials {
  /** The oldest first. */
  const sent = new Set<string>();
  /** The longest first: a token can be the end of another, such as that of a link. */
  let longestFirst: readonly string[] = [];
  const sort = () => {
    longestFirst = [...sent].sort((one, other) => other.length - one.length);
  };
  const isSecretIn = (text: string) => longestFirst.some((secret) => text.includes(secret));
  const without = (text: string) => {
    let shown = text;
    for (const secret of longestFirst) if (shown.includes(secret)) shown = shown.replaceAll(secret, '…');
    return shown;
  };
  const note: SentCredentials['note'] = (...credentials) => {
    // Each request notes its token again.
    const added = credentials.flatMap((one = '') => (sent.has(one) ? [] : secretsIn(one)));
    if (added.length === 0) return;
    for (const secret of added) sent.add(secret);
    for (const oldest of sent) {
      if (sent.size <= MAX_KEPT) break;
      sent.delete(oldest);
    }
    sort();
  };
  return {
    note,
    noteAuthorization: (header) => note(header?.slice(header.indexOf(' ') + 1)),
    mayBePrinted(credential) {
      for (const secret of secretsIn(credential)) sent.delete(secret);
      sort();
    },
    // Each row of a folder passes here, and a copy takes several times as long as a search.
    removedFrom: <T>(value: T): T => (hasText(value, isSecretIn) ? (mapTexts(value, without) as T) : value),
  };
}
