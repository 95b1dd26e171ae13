import type { StackOptions, TrustedIssuer } from '../../infra/options.ts';
import { keyProblem } from '../../protocol/key-rules.ts';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { overlap, type RuledIssuer } from '../../protocol/prefix-overlap.ts';
import { placeholdersOf } from '../../protocol/prefix-rule.ts';
import type { Rule } from '../../protocol/upload-rule.ts';
import { UserError } from '../errors.ts';
import { requireJobs } from './ci-issuers.ts';
import { checkedCondition, conditionWords } from './conditions.ts';
import { requireOwner } from './shared-issuers.ts';

/** Aliases of the edge itself: the user pool, and the deployment's own keys. */
const RESERVED = ['cognito', 'edge'];

export function requireAlias(alias: string): string {
  if (/^[a-z][a-z\d-]{0,31}$/.test(alias) && !RESERVED.includes(alias)) return alias;
  const why = RESERVED.includes(alias)
    ? 'it is the name of the deployment’s own issuer'
    : 'it is not a short name';
  throw new UserError('usage', `Invalid value “${alias}” for --alias: ${why}.`, {
    hint: 'It takes a letter, then letters, digits and hyphens, all in lower case, at most 32: corp',
  });
}

/** @throws {UserError} `usage` for a prefix that the edge could not fill, or that begins with no valid key */
export function requirePrefix(writeTo: string, { groups }: Pick<TrustedIssuer, 'groups'>): void {
  if (writeTo === '') {
    throw new UserError('usage', 'Invalid value “” for --write-to. It takes a prefix.', {
      hint: 'It looks like {issuer}/{sub}/ or ci/{repository}/.',
    });
  }
  const placeholders = placeholdersOf(writeTo);
  if (placeholders === undefined) {
    throw new UserError(
      'usage',
      `Invalid value “${writeTo}” for --write-to: a placeholder must fill a whole segment, between slashes.`,
      {
        hint: 'It looks like {issuer}/{sub}/ or ci/{repository}/.',
      },
    );
  }
  const example = writeTo.replace(/\{[^{}]*\}/g, 'x');
  const problem = keyProblem(`${example}x`);
  if (problem !== undefined) {
    throw new UserError(
      'usage',
      `Invalid value “${writeTo}” for --write-to: a key that begins so ${problem}.`,
    );
  }
  if (placeholders.includes('group') && groups === undefined) {
    throw new UserError(
      'usage',
      `“${writeTo}” names {group}, but the tokens of this provider have no groups of their own.`,
      {
        hint: 'Name the claim that has them, such as --groups https://example.com/groups',
      },
    );
  }
}

function poolOf({ userPool, writeTo }: StackOptions): RuledIssuer[] {
  if (userPool === false) return [];
  const rule: Rule = omitUndefined({ writeTo });
  return [{ alias: 'cognito', kind: 'pool', name: ['username'], rules: [rule] }];
}

const prefixWords = ({ writeTo = '' }: Rule) => (writeTo === '' ? 'any key' : `“${writeTo}”`);

/** Refuses two issuers whose callers could write the same keys, unless a rule says that this is meant. */
function refuseSharedKeys(issuers: readonly TrustedIssuer[]): void {
  for (const [at, one] of issuers.entries()) {
    for (const other of issuers.slice(at + 1)) {
      for (const rule of one.rules) {
        const met = other.rules.find(
          (its) =>
            !rule.shared && !its.shared && overlap({ issuer: one, rule }, { issuer: other, rule: its }),
        );
        if (met === undefined) continue;
        throw new UserError(
          'usage',
          `Callers of ${one.alias} and of ${other.alias} could write the same keys: ${prefixWords(rule)} and ${prefixWords(met)}.`,
          {
            hint: [
              'Begin the prefix with the issuer, or say that the keys are shared:',
              "  --write-to '{issuer}/{sub}/'",
              '  --shared',
            ],
          },
        );
      }
    }
  }
}

/** A user could have the name of an alias. Only the plan warns of that, since an operator creates the users. */
const isNamedLikeAlias = (theirs: Rule, rule: Rule) =>
  /^\{(?:username|name|sub)\}\//.test(theirs.writeTo ?? '') && rule.writeTo?.startsWith('{issuer}/');

/** Refuses keys that users of the pool write too, unless the users write any key: the plan warns of that. */
function refuseKeysOfPool(issuers: readonly TrustedIssuer[], pool: readonly RuledIssuer[]): void {
  const theirs = pool.flatMap((users) => users.rules.map((rule) => ({ issuer: users, rule })));
  for (const issuer of issuers) {
    for (const rule of issuer.rules) {
      const met = theirs.find(
        (one) =>
          one.rule.writeTo !== undefined &&
          !rule.shared &&
          !isNamedLikeAlias(one.rule, rule) &&
          overlap(one, { issuer, rule }),
      );
      if (met === undefined) continue;
      throw new UserError(
        'usage',
        `Users of the pool and callers of ${issuer.alias} could write the same keys: ${prefixWords(met.rule)} and ${prefixWords(rule)}.`,
        {
          hint: [
            'Begin the prefix with the issuer, give the pool a prefix of its own, or say that the keys are shared:',
            "  --write-to '{issuer}/{sub}/'",
            "  edge-upload deploy --write-to 'users/{username}/'",
            '  --shared',
          ],
        },
      );
    }
  }
}

function refuseTwice(issuers: readonly TrustedIssuer[]): void {
  const known = new Map<string, string>();
  for (const [at, { alias, iss }] of issuers.entries()) {
    if (issuers.findIndex((one) => one.alias === alias) !== at) {
      throw new UserError('usage', `Two issuers have the alias ${alias}.`, {
        hint: 'Give each issuer an alias of its own.',
      });
    }
    for (const one of iss) {
      const other = known.get(one);
      if (other !== undefined) {
        throw new UserError('usage', `The issuer ${one} is trusted twice: as ${other} and as ${alias}.`, {
          hint: `Add a rule to ${other} instead: --alias ${other}`,
        });
      }
      known.set(one, alias);
    }
  }
}

/**
 * Checks what a deployment would trust, as a whole.
 * @throws {UserError} `usage`
 */
export function requireSafe(options: StackOptions): void {
  const { trust = [] } = options;
  for (const issuer of trust) {
    requireAlias(issuer.alias);
    for (const { when = [], writeTo = '' } of issuer.rules) {
      for (const one of when) checkedCondition(one, `“${conditionWords(one)}” of ${issuer.alias}`);
      requireOwner(issuer.iss, when);
      if (writeTo !== '') requirePrefix(writeTo, issuer);
    }
    requireJobs(issuer);
  }
  refuseTwice(trust);
  refuseSharedKeys(trust);
  refuseKeysOfPool(trust, poolOf(options));
}

/** Returns what the plan warns of: users of the pool who are allowed to write what callers of an issuer write. */
export function poolWarnings(issuer: TrustedIssuer, options: StackOptions): string[] {
  return poolOf(options).flatMap((users) =>
    users.rules
      .filter((theirs) =>
        issuer.rules.some((rule) => overlap({ issuer: users, rule: theirs }, { issuer, rule })),
      )
      .map((theirs) =>
        theirs.writeTo === undefined
          ? `Users of the pool are allowed to write any key, those of ${issuer.alias} too. To keep them apart: edge-upload deploy --write-to 'users/{username}/'`
          : `Users of the pool are allowed to write ${prefixWords(theirs)}, where keys of ${issuer.alias} may be too. To keep them apart: edge-upload deploy --write-to 'users/{username}/'`,
      ),
  );
}
