import { join } from 'node:path';
import { JsonFile, JsonFolder } from '../../json-file.ts';
import type { KeyRing } from '../keys.ts';
import { isCaseSensitive } from '../resources/pool-properties.ts';
import type { SchemaAttribute } from '../resources/standard-attributes.ts';
import { poolSchema } from '../schema.ts';
import { type Account, poolNameOf } from '../srp.ts';
import type { ClientRecord, GroupRecord, PoolRecord, UserRecord } from './model.ts';
import { ChallengeSessions, type SessionRecord } from './sessions.ts';

/** One user pool on disk: `pool.json`, `keys.json`, `groups.json`, and one file for each client, user and session. */
export class UserPool {
  readonly id: string;
  readonly keys: KeyRing;
  readonly clients: JsonFolder<ClientRecord>;
  readonly sessions: ChallengeSessions;
  readonly #file: JsonFile<PoolRecord>;
  #record: PoolRecord;
  readonly #users: JsonFolder<UserRecord>;
  readonly #subs = new Map<string, string>();
  readonly #groupFile: JsonFile<readonly GroupRecord[]>;
  #groups: readonly GroupRecord[];

  constructor(dir: string, record: PoolRecord, keys: KeyRing, now: () => Date) {
    this.id = record.id;
    this.keys = keys;
    this.#file = new JsonFile(join(dir, 'pool.json'));
    this.#record = record;
    this.clients = new JsonFolder(join(dir, 'clients'));
    this.#users = new JsonFolder(join(dir, 'users'));
    this.sessions = new ChallengeSessions(new JsonFolder<SessionRecord>(join(dir, 'sessions')), now);
    this.#groupFile = new JsonFile(join(dir, 'groups.json'));
    this.#groups = this.#groupFile.read() ?? [];
    for (const user of this.#users.all()) this.#subs.set(this.#key(user.username), user.sub);
  }

  get record(): PoolRecord {
    return this.#record;
  }

  set record(record: PoolRecord) {
    this.#file.write(record);
    this.#record = record;
  }

  get schema(): readonly SchemaAttribute[] {
    return poolSchema(this.#record.settings);
  }

  /** The account that SRP proves, by its username. Aliases do not count. */
  account(username: string): Account {
    return { poolName: poolNameOf(this.id), username };
  }

  /** In the order of their creation. */
  users(): UserRecord[] {
    return this.#users.all().sort((left, right) => left.created.localeCompare(right.created));
  }

  user(sub: string): UserRecord | undefined {
    return this.#users.get(sub);
  }

  /** Finds a user by username, `sub`, or an attribute that the pool accepts for sign-in. */
  findUser(name: string): UserRecord | undefined {
    const sub = this.#subs.get(this.#key(name)) ?? name;
    return this.#users.get(sub) ?? this.#findByAlias(name);
  }

  putUser(user: UserRecord): void {
    this.#users.put(user.sub, user);
    this.#subs.set(this.#key(user.username), user.sub);
  }

  removeUser(user: UserRecord): void {
    this.groups = this.#groups.map((group) => ({
      ...group,
      members: group.members.filter((member) => member !== user.sub),
    }));
    this.#users.remove(user.sub);
    this.#subs.delete(this.#key(user.username));
  }

  get groups(): readonly GroupRecord[] {
    return this.#groups;
  }

  set groups(groups: readonly GroupRecord[]) {
    this.#groupFile.write(groups);
    this.#groups = groups;
  }

  /** Returns a user's groups in the order of tokens: by precedence, lowest first, then by name. */
  groupsOf(sub: string): GroupRecord[] {
    const rank = ({ precedence }: GroupRecord) => precedence ?? Number.POSITIVE_INFINITY;
    return this.#groups
      .filter(({ members }) => members.includes(sub))
      .sort((left, right) =>
        rank(left) === rank(right) ? left.name.localeCompare(right.name) : rank(left) - rank(right),
      );
  }

  /** Whether two spellings of a name or an alias mean the same user. */
  sameName(left: string, right: string): boolean {
    return this.#key(left) === this.#key(right);
  }

  #key(name: string): string {
    return isCaseSensitive(this.#record.settings) ? name : name.toLowerCase();
  }

  #findByAlias(name: string): UserRecord | undefined {
    const { UsernameAttributes = [], AliasAttributes = [] } = this.#record.settings;
    const isAlias = (user: UserRecord, alias: string, verified: boolean) =>
      user.attributes[alias] !== undefined &&
      this.sameName(user.attributes[alias], name) &&
      (!verified || user.attributes[`${alias}_verified`] === 'true');
    return this.#users
      .all()
      .find(
        (user) =>
          UsernameAttributes.some((alias) => isAlias(user, alias, false)) ||
          AliasAttributes.some((alias) => isAlias(user, alias, alias !== 'preferred_username')),
      );
  }
}
