import type { TrustedIssuer } from '../../infra/options.ts';
import { omitUndefined } from '../../protocol/fields.ts';
import type { Condition, Rule } from '../../protocol/upload-rule.ts';
import { command } from '../command-line.ts';
import type { JsonValue } from '../json-value.ts';
import { parseYaml, type YamlValue } from '../settings/yaml-file.ts';
import { parseSize } from '../ui/format.ts';
import { checkedCondition, formatClaimName, parseClaimName } from './conditions.ts';
import { PRESET_NAMES, PRESETS, type PresetName } from './presets.ts';

/** An issuer in a file. Discovery finds its addresses. */
export type IssuerEntry = Omit<TrustedIssuer, 'jwksUri' | 'tokenOrigin'>;

const HEADER = ` Who is allowed to upload besides the users of the pool. To apply it: edge-upload trust --file trust.yaml
 It is the whole list: issuers that it omits are removed.`;

const oneOrList = (texts: readonly string[]): JsonValue =>
  texts.length === 1 ? (texts[0] ?? '') : [...texts];

function ruleDocument({ when, ...rest }: Rule): JsonValue {
  return {
    ...(when === undefined
      ? {}
      : { when: Object.fromEntries(when.map(({ claim, is }) => [formatClaimName(claim), oneOrList(is)])) }),
    ...rest,
  };
}

/** Returns an issuer in the form of trust files and of JSON results. */
export function issuerDocument(issuer: IssuerEntry): { readonly [name: string]: JsonValue } {
  const {
    alias,
    preset = 'oidc',
    kind,
    iss,
    token,
    audiences,
    clientId,
    clientSecretPublic,
    scopes,
    name,
    groups,
    maxAge,
    rules,
  } = issuer;
  return JSON.parse(
    JSON.stringify({
      alias,
      provider: preset,
      kind,
      issuer: oneOrList(iss),
      token,
      audience: audiences && oneOrList(audiences),
      clientId,
      clientSecretPublic,
      scopes,
      name: formatClaimName(name),
      groups: groups && formatClaimName(groups),
      maxAge,
      rules: rules.map(ruleDocument),
    }),
  ) as { readonly [name: string]: JsonValue };
}

/** Returns the issuers as the text of a trust file. */
export async function writeTrustFile(issuers: readonly IssuerEntry[]): Promise<string> {
  const { Document } = await import('yaml');
  const document = new Document({ issuers: issuers.map(issuerDocument) });
  document.commentBefore = HEADER;
  return document.toString({ lineWidth: 0 });
}

/** Maximum of `maxAge`, in seconds. A leaked token is valid until it expires. */
const LONGEST = 31 * 24 * 3600;

const HINT = ['To print a file as an example:', command`edge-upload trust list --yaml`];

function claimOf(value: YamlValue): readonly string[] {
  const text = value.text();
  return parseClaimName(text) ?? value.fail(`has “${text}”, which is not the name of a claim`);
}

function conditionsOf(value: YamlValue): readonly Condition[] {
  const conditions = value
    .mapping()
    .rest()
    .map(([name, is]) => {
      const claim = parseClaimName(name) ?? value.fail(`has “${name}”, which is not the name of a claim`);
      const values = is.texts();
      return is.parse((where) => checkedCondition({ claim, is: values }, where));
    });
  return conditions.length === 0 ? value.fail('names no claim') : conditions;
}

function sizeOf(size: YamlValue): number {
  const { value } = size;
  if (typeof value === 'string') return size.parse((where) => parseSize(value, where));
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : size.fail('is not a size');
}

function ageOf(age: YamlValue): number {
  const { value } = age;
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value <= LONGEST
    ? value
    : age.fail(`is not a number of seconds up to ${LONGEST}`);
}

/** Returns `true` or `undefined`, because `false` is not stored. */
function allows(flag: YamlValue | undefined): true | undefined {
  return flag?.flag() || undefined;
}

function ruleOf(value: YamlValue): Rule {
  const rule = value.mapping();
  const when = rule.take('when');
  const maxSize = rule.take('maxSize');
  const read = omitUndefined({
    when: when && conditionsOf(when),
    writeTo: rule.take('writeTo')?.text(),
    maxSize: maxSize && sizeOf(maxSize),
    noClobber: allows(rule.take('noClobber')),
    shared: allows(rule.take('shared')),
    anyRepository: allows(rule.take('anyRepository')),
    anyProject: allows(rule.take('anyProject')),
    note: rule.take('note')?.text(),
  });
  rule.end();
  return read;
}

function issuerOf(value: YamlValue): IssuerEntry {
  const members = value.mapping();
  const preset: PresetName = members.take('provider')?.oneOf(PRESET_NAMES) ?? 'oidc';
  const usual = PRESETS[preset];
  const groups = members.take('groups');
  const name = members.take('name');
  const maxAge = members.take('maxAge');
  const issuer: IssuerEntry = {
    alias: members.take('alias')?.text() ?? preset,
    kind: members.take('kind')?.oneOf(['people', 'workload']) ?? usual.kind,
    preset,
    iss: members.required('issuer').texts(),
    token: members.take('token')?.oneOf(['access', 'id']) ?? usual.token,
    ...omitUndefined({
      audiences: members.take('audience')?.texts(),
      clientId: members.take('clientId')?.text(),
      clientSecretPublic: members.take('clientSecretPublic')?.text(),
      scopes: members.take('scopes')?.texts(),
      groups: groups && claimOf(groups),
    }),
    name: name ? claimOf(name) : usual.name,
    maxAge: maxAge ? ageOf(maxAge) : usual.maxAge,
    rules: rulesOf(members.required('rules')),
  };
  members.end();
  if (issuer.kind === 'people' && issuer.token === 'id' && issuer.audiences === undefined) {
    members.fail('audience', 'is missing: ID tokens are for the client, so it is the clientId');
  }
  return issuer;
}

function rulesOf(value: YamlValue): readonly Rule[] {
  const rules = value.items();
  return rules.length === 0 ? value.fail('has no rule') : rules.map(ruleOf);
}

/** Reads the issuers of a file: the list `issuers`. */
export function issuersOf(value: YamlValue): readonly IssuerEntry[] {
  return value.items().map(issuerOf);
}

/**
 * Parses a file of issuers.
 * @param name Name of the file, for errors.
 * @throws {UserError} `usage` with line and path
 */
export async function readTrustFile(text: string, name: string): Promise<readonly IssuerEntry[]> {
  const file = (await parseYaml(text, name, HINT)).mapping();
  const issuers = issuersOf(file.required('issuers'));
  file.end();
  return issuers;
}
