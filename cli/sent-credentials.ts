/** The newest credentials are kept: a command that runs for days renews its token each hour. */
const MAX_KEPT = 200;

/** Shorter ends of a text with dots are not signatures. */
const LEAST_SIGNATURE = 32;
/** No token is shorter, nor a password that the pool of a deployment accepts; a text may contain shorter words by chance. */
const LEAST = 8;

/** Credentials that this process sent, the oldest first. */
const sent = new Set<string>();

/** The same, the longest first: a token can be the end of another, such as that of a link. */
let longestFirst: readonly string[] = [];

/** Returns the credential, and the signature of a JWT: the rest can be guessed. Its header is that of other tokens too. */
function secretsIn(credential: string): readonly string[] {
  const [, signature = ''] = /^[^.]+\.[^.]+\.([^.]+)$/.exec(credential) ?? [];
  return credential.length < LEAST
    ? []
    : [credential, ...(signature.length < LEAST_SIGNATURE ? [] : [signature])];
}

/**
 * Notes credentials before they are sent. The receiver may quote them in any encoding, and they may reach a message by any
 * way. So they are removed where text leaves the process, and not where it arrives.
 */
export function noteSent(...credentials: readonly (string | undefined)[]): void {
  const added = credentials.flatMap((one) => secretsIn(one ?? '')).filter((secret) => !sent.has(secret));
  if (added.length === 0) return;
  for (const secret of added) sent.add(secret);
  for (const oldest of sent) {
    if (sent.size <= MAX_KEPT) break;
    sent.delete(oldest);
  }
  sortSent();
}

function sortSent(): void {
  longestFirst = [...sent].sort((one, other) => other.length - one.length);
}

/** Lets a credential be printed, although it may have been sent: it is what the user asked for. */
export function mayBePrinted(credential: string): void {
  for (const secret of secretsIn(credential)) sent.delete(secret);
  sortSent();
}

/** Notes the credential of an `Authorization` header, such as `Bearer <token>`. */
export function noteAuthorization(header: string | undefined): void {
  noteSent(header?.slice(header.indexOf(' ') + 1));
}

/** Returns a text without the credentials that were sent. */
export function withoutSent(text: string): string {
  let shown = text;
  for (const secret of longestFirst) if (shown.includes(secret)) shown = shown.replaceAll(secret, '…');
  return shown;
}

/** The same for JSON, where some characters are escaped. */
export function withoutSentJson(json: string): string {
  let shown = json;
  for (const secret of longestFirst) {
    const written = JSON.stringify(secret).slice(1, -1);
    if (shown.includes(written)) shown = shown.replaceAll(written, '…');
  }
  return shown;
}
