import type { StackOptions, TrustedIssuer } from '../../infra/options.ts';
import type { Jwk } from '../../protocol/signing-key.ts';
import type { Condition, Rule } from '../../protocol/upload-rule.ts';
import { formatLimit } from '../ui/format.ts';
import type { TextLine } from '../ui/shown.ts';
import { fields } from '../ui/table-lines.ts';
import { formatClaimName } from './conditions.ts';
import { describeKeys } from './discovery.ts';
import { PRESETS, type Preset, presetOf, redirectAddresses } from './presets.ts';

/** Returns the alias of an issuer with the name of its provider. */
export function issuerHeading(issuer: TrustedIssuer): TextLine {
  const title = presetOf(issuer)?.title;
  return { style: 'bold', text: title === undefined ? issuer.alias : `${issuer.alias} (${title})` };
}

function callerWords({ claim, is }: Condition): string {
  return `${formatClaimName(claim)} ${is.map((value) => `“${value}”`).join(' or ')}`;
}

/** Describes a rule in a sentence. */
export function ruleSentence(issuer: TrustedIssuer, rule: Rule): string {
  const { when = [], writeTo = '', maxSize, noClobber, shared, anyRepository, anyProject, note } = rule;
  const all = anyRepository ? 'Every repository' : anyProject ? 'Every project' : undefined;
  const heading = all === undefined ? note : `${all} of ${note ?? 'the owner'}`;
  const whose = when.length === 0 ? 'Every caller' : `Callers with ${when.map(callerWords).join(' and ')}`;
  const prefix = writeTo.replaceAll('{issuer}', issuer.alias);
  const where = prefix === '' ? 'any key' : `keys that begin with “${prefix}”`;
  return [
    heading === undefined ? '' : `${heading}: `,
    `${whose} ${when.length === 0 ? 'is' : 'are'} allowed to write ${where}`,
    maxSize === undefined ? '' : `, up to ${formatLimit(maxSize)}`,
    noClobber ? ', without overwriting' : '',
    shared ? '. Callers of other issuers can write there too' : '',
    '.',
  ].join('');
}

/** Returns whom a deployment without issuers trusts, as the end of a sentence. */
export function onlyOwn({ userPool = true }: StackOptions): string {
  return userPool ? 'only its user pool' : 'no issuer; only its links and keys upload';
}

function audienceWords({ audiences }: TrustedIssuer): string {
  return audiences === undefined ? "the edge's own address" : audiences.join(', ');
}

function keysWords({ jwksUri }: TrustedIssuer, keys: readonly Jwk[] | undefined): string {
  return keys === undefined ? jwksUri : `${new URL(jwksUri).host}: ${describeKeys(keys)}`;
}

/** Returns an issuer's settings and its rules as sentences. */
export function issuerLines(issuer: TrustedIssuer, keys?: readonly Jwk[]): TextLine[] {
  const { iss, clientId, clientSecretPublic, token, scopes, name, groups, rules } = issuer;
  return [
    issuerHeading(issuer),
    ...fields([
      ['  issuer', iss.join(' or ')],
      ['  keys', keysWords(issuer, keys)],
      ['  audience', audienceWords(issuer)],
      ['  tokens', token === 'id' ? 'ID tokens' : 'access tokens'],
      ['  client', clientId],
      ['  client secret', clientSecretPublic && 'public: the edge shows it to everybody'],
      ['  scopes', scopes?.join(' ')],
      ['  name', formatClaimName(name)],
      ['  groups', groups && formatClaimName(groups)],
      ...rules.map((rule, at) => [`  rule ${at + 1}`, ruleSentence(issuer, rule)] as const),
    ]),
  ];
}

/** Returns where something is set up, as the beginning of a sentence. */
function atProvider({ title }: Preset): string {
  return title === PRESETS.oidc.title ? 'At the provider' : `At ${title}`;
}

/** Returns what to set up at the provider of a preset, with the address of the edge if a step needs it. */
export function presetLines(preset: Preset, edge: string | undefined): string[] {
  const needsEdge = preset.notes.some((note) => note.includes('address of the edge'));
  return [
    `${atProvider(preset)}:`,
    ...(edge !== undefined && needsEdge ? ['The address of the edge:', `  ${edge}`] : []),
    ...preset.notes,
  ];
}

/** Returns what to set up at the provider of an issuer. */
export function setUpLines(issuer: TrustedIssuer, edge: string | undefined): TextLine[] {
  const preset = presetOf(issuer);
  if (preset === undefined) return [];
  const addresses = redirectAddresses(preset);
  const noClient = issuer.kind === 'people' && issuer.clientId === undefined;
  const noSecret = issuer.preset === 'google' && !noClient && issuer.clientSecretPublic === undefined;
  const [heading = '', ...lines] = [
    ...presetLines(preset, edge),
    ...(addresses.length > 1
      ? ['Register these redirect addresses:', ...addresses.map((one) => `  ${one}`)]
      : []),
    ...(noClient ? ['Without --client-id, nobody can sign in. Tokens come from elsewhere.'] : []),
    ...(noSecret ? ['Without --client-secret-public, Google refuses sign-ins.'] : []),
    `See ${preset.source}`,
  ];
  return [heading, ...lines.map((one) => (one.startsWith(' ') ? `  ${one}` : { head: '  ', text: one }))];
}
