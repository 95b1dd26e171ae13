import { createHash, randomBytes } from 'node:crypto';
import type { JsonFolder } from '../../json-file.ts';
import { invalidSession, notAuthorized } from '../errors.ts';

/** The state of a sign-in between a challenge and its response. */
export interface SessionState {
  readonly challenge: string;
  readonly clientId: string;
  /** Absent for a user who does not exist, if the client hides that. */
  readonly sub?: string;
  readonly data: Readonly<Record<string, string>>;
}

export interface SessionRecord extends SessionState {
  readonly expires: string;
  readonly used: boolean;
}

const TOKEN_BYTES = 96;

/** Sessions are stored by a hash of their token, so that the data folder does not contain the tokens. */
const nameOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** Open challenges by opaque token. Each token is valid for one success, until it expires. */
export class ChallengeSessions {
  readonly #directory: JsonFolder<SessionRecord>;
  readonly #now: () => Date;

  constructor(directory: JsonFolder<SessionRecord>, now: () => Date) {
    this.#directory = directory;
    this.#now = now;
  }

  /**
   * Opens a session and returns its token, base64.
   *
   * @param lifetime milliseconds
   */
  open(state: SessionState, lifetime: number): string {
    this.#sweep();
    const token = randomBytes(TOKEN_BYTES).toString('base64');
    const expires = new Date(this.#now().getTime() + lifetime).toISOString();
    this.#directory.put(nameOf(token), { ...state, expires, used: false });
    return token;
  }

  /** Returns the client that a token was issued to, even if the token is no longer valid. */
  clientOf(token: string): string | undefined {
    return this.#directory.get(nameOf(token))?.clientId;
  }

  /**
   * Returns the state of an open session.
   *
   * @throws AwsError `NotAuthorizedException` for another client, another challenge, or a used or expired token
   */
  peek(token: string, { challenge, clientId }: { challenge: string; clientId: string }): SessionState {
    const record = this.#directory.get(nameOf(token));
    if (record?.clientId !== clientId || record.challenge !== challenge) throw invalidSession();
    if (record.used) {
      throw notAuthorized('Invalid session for the user, session can only be used once.');
    }
    if (this.#now().getTime() >= Date.parse(record.expires)) {
      throw notAuthorized('Invalid session for the user, session is expired.');
    }
    return record;
  }

  /** Marks a token as used and deletes the data of its session. */
  spend(token: string): void {
    const name = nameOf(token);
    const record = this.#directory.get(name);
    if (record) this.#directory.put(name, { ...record, data: {}, used: true });
  }

  #sweep(): void {
    const grace = 60 * 60_000;
    for (const [name, { expires }] of this.#directory.entries()) {
      if (Date.parse(expires) + grace < this.#now().getTime()) this.#directory.remove(name);
    }
  }
}
