import type { TrustedIssuer } from '../../infra/options.ts';
import type { ClaimPath } from '../../protocol/claims.ts';
import { omitUndefined, table } from '../../protocol/fields.ts';
import { placeholdersOf } from '../../protocol/prefix-rule.ts';
import type { Rule } from '../../protocol/upload-rule.ts';
import { command, type Hint } from '../command-line.ts';
import { formatClaimName } from './conditions.ts';
import { presetOf } from './presets.ts';

/**
 * Claims of people that can change, or that a provider can give to another person later.
 * https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
 */
const CHANGEABLE: readonly string[] = [
  'email',
  'preferred_username',
  'upn',
  'unique_name',
  'nickname',
  'name',
];

/** Immutable claims that identify a person, by preset. Default: `sub`. */
const PERSON = table({ entra: 'oid', okta: 'uid' });

/** Claims of jobs and workloads that can pass to others, with the immutable ids to use instead. */
const WORKLOAD = table({
  // The address of a deleted service account can be reused.
  email: 'sub',
  repository: 'repository_id',
  repository_owner: 'repository_owner_id',
  actor: 'actor_id',
  project_path: 'project_id',
  namespace_path: 'namespace_id',
  user_login: 'user_id',
  user_email: 'user_id',
  organization_slug: 'organization_id',
});

/** Returns the claim to use instead of one that can change; `undefined` for an immutable one. */
function saferThan({ kind, preset = '', token }: TrustedIssuer, claim: ClaimPath): string | undefined {
  const name = claim.at(-1) ?? '';
  if (kind === 'workload') return WORKLOAD[name];
  // In Okta's access tokens, `sub` is the login:
  // https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/
  const isLogin = preset === 'okta' && token === 'access' && name === 'sub';
  if (!CHANGEABLE.includes(name) && !isLogin) return undefined;
  // Okta's ID tokens have no uid. Their `sub` is the id.
  return token === 'id' && preset === 'okta' ? 'sub' : (PERSON[preset] ?? 'sub');
}

const CAN = 'can change or be reassigned to somebody else';
const WHY = `which ${CAN}`;

function conditionWarnings(issuer: TrustedIssuer, { when = [] }: Rule, where: string): string[] {
  const isCompared = (safer: string) => when.some(({ claim }) => claim.length === 1 && claim[0] === safer);
  const groups = issuer.kind === 'workload' ? '' : `, or ${issuer.preset === 'entra' ? 'roles' : 'groups'}`;
  return when.flatMap(({ claim }) => {
    const safer = saferThan(issuer, claim);
    if (safer === undefined || isCompared(safer)) return [];
    return [`${where} compares ${formatClaimName(claim)}, ${WHY}. Compare ${safer} instead${groups}.`];
  });
}

const isName = (placeholder: string) => placeholder === 'name' || placeholder === 'username';

/**
 * Warns of prefixes with claims that can change. Jobs write below the path of their repository, which is readable;
 * conditions on ids exclude others.
 */
function prefixWarnings(issuer: TrustedIssuer, { writeTo = '' }: Rule, where: string): string[] {
  if (issuer.kind === 'workload') return [];
  return (placeholdersOf(writeTo) ?? []).flatMap((placeholder) => {
    const claim = isName(placeholder) ? issuer.name : [placeholder];
    const safer = saferThan(issuer, claim);
    if (safer === undefined) return [];
    const what = isName(placeholder) ? `the claim ${formatClaimName(claim)}, ${WHY}` : `a claim that ${CAN}`;
    return [`${where} writes below {${placeholder}}: ${what}. Write below {${safer}} instead.`];
  });
}

/** Warns of a name claim that the operator chose. Rules that write below it have their own warning. */
function nameWarnings(issuer: TrustedIssuer): string[] {
  const safer = saferThan(issuer, issuer.name);
  const usual = presetOf(omitUndefined({ preset: issuer.preset }))?.name;
  const isUsed = issuer.rules.some(({ writeTo = '' }) => placeholdersOf(writeTo)?.some(isName));
  const name = formatClaimName(issuer.name);
  if (safer === undefined || isUsed || (usual !== undefined && formatClaimName(usual) === name)) return [];
  return [
    `Uploads of ${issuer.alias} are stamped with ${name}, ${WHY}. To stamp them with an id: --name ${safer}`,
  ];
}

/**
 * Warns of a rule for every caller of an issuer that gets a rule with conditions: who does not fit the conditions is
 * allowed to upload all the same.
 */
export function openRuleWarnings(before: TrustedIssuer | undefined, { alias, rules }: TrustedIssuer): Hint[] {
  const open = rules.findIndex(({ when }) => when === undefined);
  const known = before?.rules.filter(({ when }) => when !== undefined).length ?? 0;
  if (open < 0 || before === undefined || rules.filter(({ when }) => when !== undefined).length <= known)
    return [];
  return [
    [
      `Rule ${open + 1} of ${alias} still allows every caller to upload. To allow only those with the conditions:`,
      command`edge-upload trust remove ${alias} --rule ${String(open + 1)}`,
    ],
  ];
}

/** Returns a plan's warnings of rules and names with claims that can pass to another person or workload. */
export function claimWarnings(issuer: TrustedIssuer): string[] {
  const ofRules = issuer.rules.flatMap((rule, at) => {
    const where = `Rule ${at + 1} of ${issuer.alias}`;
    return [...conditionWarnings(issuer, rule, where), ...prefixWarnings(issuer, rule, where)];
  });
  return [...ofRules, ...nameWarnings(issuer)];
}
