import type { StackOptions, TrustedIssuer } from '../../infra/options.ts';
import { omitUndefined } from '../../protocol/fields.ts';
import { ambiguousIss, isAlias, POOL_ALIAS, RESERVED_ALIASES } from '../../protocol/issuer.ts';
import { keyProblem } from '../../protocol/object-url.ts';
import { type IssuerRule, overlap } from '../../protocol/prefix-overlap.ts';
import { placeholdersOf } from '../../protocol/prefix-rule.ts';
import type { Rule } from '../../protocol/upload-rule.ts';
import { command, type Hint } from '../command-line.ts';
import { UserError } from '../errors.ts';
import { requireJobs } from './ci-issuers.ts';
import { checkedCondition, describeCondition } from './conditions.ts';
import { requireReadable } from './readable-issuer.ts';
import { requireOwner, requireVerifiable } from './shared-issuers.ts';

/** @throws {UserError} `usage` */
export function requireAlias(alias: string): void {
  const isReserved = RESERVED_ALIASES.includes(alias);
  if (isAlias(alias) && !isReserved) return;
  const why = isReserved ? 'edge-upload reserves that name' : 'it is not a short name';
  throw new UserError('usage', `Invalid value “${alias}” for --alias: ${why}.`, {
    hint: 'Use a letter, then letters, digits and hyphens, all in lower case, at most 32: corp',
  });
}

/** @throws {UserError} `usage` for a prefix that the edge cannot fill, or that is invalid in a key */
export function requirePrefix(writeTo: string, { groups }: Pick<TrustedIssuer, 'groups'>): void {
  if (writeTo === '') {
    throw new UserError('usage', 'Invalid value for --write-to: “”. Use a prefix.', {
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
      `Invalid value “${writeTo}” for --write-to: a key with this prefix ${problem}.`,
    );
  }
  if (placeholders.includes('group') && groups === undefined) {
    throw new UserError(
      'usage',
      `“${writeTo}” names {group}, but the tokens of this provider have no groups.`,
      {
        hint: 'Name the claim that has them, such as --groups https://example.com/groups',
      },
    );
  }
}

/** Refuses client secrets, because the edge shows them to everybody. Those of Google's desktop clients are public. */
function requirePublicSecret({ alias, preset, clientId, clientSecretPublic }: TrustedIssuer): void {
  if (clientSecretPublic === undefined) return;
  if (preset !== 'google') {
    throw new UserError('usage', `${alias} has a client secret, which the edge would show to everybody.`, {
      hint: 'Register a public client, which needs no secret. Only desktop clients of Google have a public one (trust google).',
    });
  }
  if (clientId === undefined) {
    throw new UserError('usage', `${alias} has a client secret without a client.`, {
      hint: 'Give the client too: --client-id <id>',
    });
  }
  if (!/^[\x21-\x7e]{1,255}$/.test(clientSecretPublic)) {
    throw new UserError(
      'usage',
      `The client secret of ${alias} has characters that no secret of Google has.`,
      {
        hint: 'Copy it from the page of the client: --client-secret-public <secret>',
      },
    );
  }
}

/** Returns the rule of the users of the pool; `undefined` without a pool. */
function poolRule({ userPool = true, writeTo }: StackOptions): IssuerRule | undefined {
  if (!userPool) return undefined;
  const rule: Rule = omitUndefined({ writeTo });
  return { issuer: { alias: POOL_ALIAS, kind: 'pool', name: ['username'], rules: [rule] }, rule };
}

/** Returns the rules without `shared`, each prefix of an issuer once. */
function ownRules(issuers: readonly TrustedIssuer[]): readonly IssuerRule[] {
  return issuers.flatMap((issuer) => {
    const own = issuer.rules.filter(({ shared }) => !shared);
    const byPrefix = new Map(own.map((rule) => [rule.writeTo, { issuer, rule }]));
    return [...byPrefix.values()];
  });
}

const prefixWords = ({ writeTo = '' }: Rule) => (writeTo === '' ? 'any key' : `“${writeTo}”`);

/** Refuses two issuers whose callers could write the same keys. */
function refuseSharedKeys(rules: readonly IssuerRule[]): void {
  for (const [at, one] of rules.entries()) {
    const other = rules.find((its, place) => place > at && its.issuer !== one.issuer && overlap(one, its));
    if (other === undefined) continue;
    throw new UserError(
      'usage',
      `Callers of ${one.issuer.alias} and of ${other.issuer.alias} could write the same keys: ${prefixWords(one.rule)} and ${prefixWords(other.rule)}.`,
      {
        hint: [
          'Begin the prefix with the issuer, or confirm that the keys are shared:',
          "  --write-to '{issuer}/{sub}/'",
          '  --shared',
        ],
      },
    );
  }
}

/** A user can have the name of an alias. Only the plan warns of it, because operators create the users. */
const isNamedLikeAlias = (theirs: Rule, rule: Rule) =>
  /^\{(?:username|name|sub)\}\//.test(theirs.writeTo ?? '') && rule.writeTo?.startsWith('{issuer}/');

/** Refuses keys that users of the pool can write too. If they can write any key, the plan warns instead. */
function refuseKeysOfPool(rules: readonly IssuerRule[], pool: IssuerRule | undefined): void {
  if (pool?.rule.writeTo === undefined) return;
  const met = rules.find((one) => !isNamedLikeAlias(pool.rule, one.rule) && overlap(pool, one));
  if (met === undefined) return;
  throw new UserError(
    'usage',
    `Users of the pool and callers of ${met.issuer.alias} could write the same keys: ${prefixWords(pool.rule)} and ${prefixWords(met.rule)}.`,
    {
      hint: [
        'Begin the prefix with the issuer, give the pool its own prefix, or confirm that the keys are shared:',
        "  --write-to '{issuer}/{sub}/'",
        command`edge-upload deploy --write-to 'users/{username}/'`,
        '  --shared',
      ],
    },
  );
}

/** Refuses issuers with the same alias, and issuers whose tokens the edge cannot distinguish. */
function refuseTwice(issuers: readonly TrustedIssuer[], { domain }: StackOptions): void {
  const origins = domain === undefined ? [] : [`https://${domain}`];
  for (const [at, one] of issuers.entries()) {
    for (const other of issuers.slice(0, at)) {
      if (one.alias === other.alias) {
        throw new UserError('usage', `Two issuers have the alias ${one.alias}.`, {
          hint: 'Give each issuer a different alias.',
        });
      }
      const iss = ambiguousIss(other, one, origins);
      if (iss === undefined) continue;
      throw new UserError(
        'usage',
        `The issuer ${iss} is trusted twice for the same audience: as ${other.alias} and as ${one.alias}.`,
        {
          hint: [
            `Add a rule to ${other.alias} instead: --alias ${other.alias}`,
            'Or give them different audiences: --audience <value>',
          ],
        },
      );
    }
  }
}

/**
 * Checks all issuers that a deployment would trust.
 * @throws {UserError} `usage`
 */
export function requireSafe(options: StackOptions): void {
  const { trust = [] } = options;
  for (const issuer of trust) {
    requireAlias(issuer.alias);
    for (const { when = [], writeTo = '' } of issuer.rules) {
      for (const one of when) checkedCondition(one, `“${describeCondition(one)}” of ${issuer.alias}`);
      requireOwner(issuer, when);
      if (writeTo !== '') requirePrefix(writeTo, issuer);
    }
    requireJobs(issuer);
    requireVerifiable(issuer);
    requirePublicSecret(issuer);
    requireReadable(issuer);
  }
  refuseTwice(trust, options);
  const rules = ownRules(trust);
  refuseSharedKeys(rules);
  refuseKeysOfPool(rules, poolRule(options));
}

/** Returns a plan's warning of users of the pool who can write the keys of issuers' callers. */
export function poolWarnings(issuers: readonly TrustedIssuer[], options: StackOptions): readonly Hint[] {
  const pool = poolRule(options);
  if (pool === undefined) return [];
  const reached = issuers.filter((issuer) => issuer.rules.some((rule) => overlap(pool, { issuer, rule })));
  if (reached.length === 0) return [];
  const aliases = reached.map(({ alias }) => alias).join(', ');
  const keys =
    pool.rule.writeTo === undefined
      ? `any key, those of ${aliases} too`
      : `${prefixWords(pool.rule)}, where keys of ${aliases} may be too`;
  return [
    [
      `Users of the pool are allowed to write ${keys}. To keep them apart:`,
      command`edge-upload deploy --write-to 'users/{username}/'`,
    ],
  ];
}
