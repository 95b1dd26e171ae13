import { isDeepStrictEqual } from 'node:util';
import type { StackOptions, TrustedIssuer } from '../../infra/options.ts';
import { ambiguousIss } from '../../protocol/issuer.ts';
import type { Rule } from '../../protocol/upload-rule.ts';
import { command } from '../command-line.ts';
import { UserError } from '../errors.ts';
import { count } from '../ui/format.ts';
import { createIssuer, type TrustFlags } from './create-issuer.ts';
import { onlyOwn } from './describe-issuer.ts';
import type { DiscoveredIssuer } from './discovery.ts';
import type { TrustRequest } from './providers/trust-request.ts';
import { requireAlias } from './safety.ts';

type Issuers = readonly TrustedIssuer[];

/** Adds a rule, replacing one with the same conditions. A rule for every caller is last. */
function withRule(rules: readonly Rule[], rule: Rule): readonly Rule[] {
  const at = rules.findIndex(({ when }) => isDeepStrictEqual(when, rule.when));
  const all = at < 0 ? [...rules, rule] : rules.with(at, rule);
  return [...all.filter(({ when }) => when !== undefined), ...all.filter(({ when }) => when === undefined)];
}

/**
 * Returns the trusted issuer to which the rule is added; `undefined` for a new one. People and jobs of one provider are
 * separate issuers, and so are clients with different aliases.
 */
function sameIssuer(
  trusted: Issuers,
  { preset, iss }: TrustRequest,
  alias: string | undefined,
): TrustedIssuer | undefined {
  const same = trusted.filter(
    (one) => one.iss.some((address) => iss.includes(address)) && (one.preset ?? 'oidc') === preset,
  );
  const named = same.find((one) => one.alias === (alias ?? preset));
  if (named !== undefined) return named;
  const [first, ...others] = same;
  if (alias === undefined && first !== undefined) {
    if (others.length === 0) return first;
    throw new UserError('usage', `${iss[0]} is trusted as ${same.map((one) => one.alias).join(', ')}.`, {
      hint: ['Name the one that gets the rule:', ...same.map((one) => `  --alias ${one.alias}`)],
    });
  }
  const other = trusted.find((one) => one.alias === (alias ?? preset));
  if (other === undefined) return undefined;
  throw new UserError('usage', `The alias ${other.alias} already belongs to ${other.iss[0]}.`, {
    hint: 'Choose another one: --alias <name>',
  });
}

/** Refuses an issuer whose tokens the edge could not distinguish from those of a trusted one. */
function refuseTwice(trusted: Issuers, wanted: TrustedIssuer): void {
  const known = trusted.find(
    (one) => one.preset === wanted.preset && ambiguousIss(one, wanted) !== undefined,
  );
  if (known === undefined) return;
  throw new UserError('usage', `${wanted.iss[0]} is already trusted, as ${known.alias}.`, {
    hint: [
      'Add the rule there, remove that issuer first, or trust another client with its own audience:',
      `  --alias ${known.alias}`,
      command`edge-upload trust remove ${known.alias}`,
      '  --audience <value>',
    ],
  });
}

/**
 * Returns a deployment's issuers after a request. An existing issuer gets the rule and the typed settings.
 * @throws {UserError} `usage`, also if another issuer has the alias, or the address and audience
 */
export function mergeIssuer(
  trusted: Issuers,
  request: TrustRequest,
  flags: TrustFlags,
  discovered: DiscoveredIssuer,
): Issuers {
  const { alias } = flags;
  if (alias !== undefined) requireAlias(alias);
  const known = sameIssuer(trusted, request, alias);
  const wanted = createIssuer(request, flags, discovered, known);
  if (known === undefined) {
    refuseTwice(trusted, wanted);
    return [...trusted, wanted];
  }
  const rules = wanted.rules.reduce(withRule, known.rules);
  return trusted.map((one) => (one === known ? { ...wanted, rules } : one));
}

/** Returns an issuer of a deployment. @throws {UserError} `not_found` for an unknown alias */
export function requireIssuer(options: StackOptions, alias: string): TrustedIssuer {
  const { trust: trusted = [] } = options;
  const found = trusted.find((one) => one.alias === alias);
  if (found !== undefined) return found;
  throw new UserError('not_found', `The deployment trusts no issuer “${alias}”.`, {
    hint:
      trusted.length === 0
        ? [`It trusts ${onlyOwn(options)}. To add an issuer, see:`, command`edge-upload trust --help`]
        : `It trusts ${trusted.map((one) => one.alias).join(', ')}.`,
  });
}

/** Returns the issuers without one of them, or without one of its rules, counted from 1. */
export function withoutIssuer(options: StackOptions, alias: string, rule?: number): Issuers {
  const { trust: trusted = [] } = options;
  const issuer = requireIssuer(options, alias);
  if (rule === undefined) return trusted.filter((one) => one !== issuer);
  if (rule > issuer.rules.length) {
    throw new UserError(
      'not_found',
      `${alias} has ${count(issuer.rules.length, 'rule')}: there is no rule ${rule}.`,
      {
        hint: ['See them:', command`edge-upload trust show ${alias}`],
      },
    );
  }
  if (issuer.rules.length === 1) {
    throw new UserError('usage', `${alias} has only one rule. Without it, nobody could upload.`, {
      hint: ['Remove the issuer:', command`edge-upload trust remove ${alias}`],
    });
  }
  const rules = issuer.rules.filter((_rule, at) => at !== rule - 1);
  return trusted.map((one) => (one === issuer ? { ...issuer, rules } : one));
}
