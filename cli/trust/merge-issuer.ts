import { isDeepStrictEqual } from 'node:util';
import type { TrustedIssuer } from '../../infra/options.ts';
import type { Rule } from '../../protocol/upload-rule.ts';
import { UserError } from '../errors.ts';
import type { IssuerFlags } from './make-issuer.ts';
import { requireAlias } from './safety.ts';

type Issuers = readonly TrustedIssuer[];

/** Returns the rules with another one, which replaces a rule of the same conditions. A rule for every caller comes last. */
function withRule(rules: readonly Rule[], rule: Rule): readonly Rule[] {
  const at = rules.findIndex(({ when }) => isDeepStrictEqual(when, rule.when));
  const all = at < 0 ? [...rules, rule] : rules.with(at, rule);
  return [...all.filter(({ when }) => when !== undefined), ...all.filter(({ when }) => when === undefined)];
}

/** Returns the kept issuer that the wanted one is: by its alias if that was typed, otherwise by its address. */
function keptIssuer(
  kept: Issuers,
  wanted: TrustedIssuer,
  alias: string | undefined,
): TrustedIssuer | undefined {
  const byAddress = kept.find(({ iss }) => iss.some((one) => wanted.iss.includes(one)));
  const byAlias = kept.find((one) => one.alias === wanted.alias);
  if (byAddress !== undefined && alias !== undefined && byAddress.alias !== alias) {
    throw new UserError('usage', `${wanted.iss[0]} is trusted already, as ${byAddress.alias}.`, {
      hint: [
        'Add the rule there, or remove that issuer first:',
        `  --alias ${byAddress.alias}`,
        `  edge-upload trust remove ${byAddress.alias}`,
      ],
    });
  }
  if (byAddress === undefined && byAlias !== undefined) {
    throw new UserError('usage', `The alias ${byAlias.alias} is the one of ${byAlias.iss[0]}.`, {
      hint: 'Choose another one: --alias <name>',
    });
  }
  if (byAddress !== undefined && byAddress.preset !== wanted.preset) {
    throw new UserError(
      'usage',
      `${wanted.iss[0]} is trusted already, as ${byAddress.alias} (${byAddress.preset ?? 'oidc'}).`,
      {
        hint: [
          'The edge knows an issuer once. To replace it:',
          `  edge-upload trust remove ${byAddress.alias}`,
        ],
      },
    );
  }
  return byAddress;
}

/**
 * Returns the issuers of a deployment with a wanted one. To an issuer that is there, its rule is added; other settings
 * change only where they were typed.
 * @throws {UserError} `usage` for an alias or an address that another issuer has
 */
export function mergeIssuer(kept: Issuers, wanted: TrustedIssuer, flags: IssuerFlags): Issuers {
  requireAlias(wanted.alias);
  const known = keptIssuer(kept, wanted, flags.alias);
  if (known === undefined) return [...kept, wanted];
  const { audience, clientId, token, name, groups } = flags;
  const retyped = [audience, clientId, token, name, groups].some((one) => one !== undefined);
  const settings = retyped ? { ...known, ...wanted } : { ...known, jwksUri: wanted.jwksUri };
  const [rule] = wanted.rules;
  const merged: TrustedIssuer = {
    ...settings,
    alias: known.alias,
    rules: rule === undefined ? known.rules : withRule(known.rules, rule),
  };
  return kept.map((one) => (one === known ? merged : one));
}

/** Returns an issuer of a deployment. @throws {UserError} `usage` for an unknown alias */
export function requireIssuer(kept: Issuers, alias: string): TrustedIssuer {
  const found = kept.find((one) => one.alias === alias);
  if (found !== undefined) return found;
  throw new UserError('usage', `The deployment trusts no issuer “${alias}”.`, {
    hint:
      kept.length === 0
        ? 'It trusts none beside its user pool. Add one: edge-upload trust --help'
        : `It trusts ${kept.map((one) => one.alias).join(', ')}.`,
  });
}

/** Returns the issuers without one, or without one of its rules, counted from 1. */
export function withoutIssuer(kept: Issuers, alias: string, rule?: number): Issuers {
  const issuer = requireIssuer(kept, alias);
  if (rule === undefined) return kept.filter((one) => one !== issuer);
  if (rule > issuer.rules.length) {
    throw new UserError('usage', `${alias} has ${issuer.rules.length} rules: there is no rule ${rule}.`, {
      hint: `See them: edge-upload trust show ${alias}`,
    });
  }
  if (issuer.rules.length === 1) {
    throw new UserError('usage', `${alias} has one rule alone. Without it, nobody there could upload.`, {
      hint: ['Remove the issuer:', `  edge-upload trust remove ${alias}`],
    });
  }
  const rules = issuer.rules.filter((_rule, at) => at !== rule - 1);
  return kept.map((one) => (one === issuer ? { ...issuer, rules } : one));
}
