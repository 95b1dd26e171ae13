import type { TrustedIssuer } from '../../../infra/options.ts';
import { isAlias } from '../../../protocol/issuer.ts';
import type { Rule } from '../../../protocol/upload-rule.ts';
import { formatClaimName } from '../../trust/conditions.ts';
import { isAmount, isListOf, isOn, isRecord, isText, isTexts } from './value-checks.ts';

const isCondition = (value: unknown) => isRecord(value, { claim: isTexts, is: isTexts });

const RULE = {
  when: (value: unknown) => isListOf(value, isCondition),
  writeTo: isText,
  maxSize: isAmount,
  noClobber: isOn,
  shared: isOn,
  anyRepository: isOn,
  anyProject: isOn,
  note: isText,
};

const isRule = (value: unknown) => isRecord(value, {}, RULE);

const isUrl = (value: unknown) => typeof value === 'string' && URL.canParse(value);

const ISSUER = {
  alias: isAlias,
  kind: (value: unknown) => value === 'people' || value === 'workload',
  iss: isTexts,
  jwksUri: isUrl,
  token: (value: unknown) => value === 'access' || value === 'id',
  name: isTexts,
  rules: (value: unknown) => isListOf(value, isRule),
};

const OPTIONAL = {
  tokenOrigin: isUrl,
  audiences: isTexts,
  clientId: isText,
  clientSecretPublic: isText,
  scopes: isTexts,
  preset: isText,
  groups: isTexts,
  maxAge: isAmount,
};

/** Whether a stored value is a list of issuers that this version supports completely, each alias once. */
export function areTrusted(value: unknown): value is readonly TrustedIssuer[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  if (!value.every((one) => isRecord(one, ISSUER, OPTIONAL))) return false;
  const issuers = value as readonly TrustedIssuer[];
  return new Set(issuers.map(({ alias }) => alias)).size === issuers.length;
}

function ruleWords({ when = [], writeTo = 'any key' }: Rule): string {
  const conditions = when.map(({ claim, is }) => `${formatClaimName(claim)}=${is.join('|')}`);
  return conditions.length === 0 ? writeTo : `${writeTo} when ${conditions.join(' and ')}`;
}

/** Describes an issuer in one line of a plan: its address, and the prefixes and conditions of its rules. */
export function describeIssuer({ iss: [iss = ''], rules }: TrustedIssuer): string {
  return rules.length === 0 ? `${iss}, writes nothing` : `${iss}, writes ${rules.map(ruleWords).join(', ')}`;
}
