import type { Document, YAMLMap } from 'yaml';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import type { Condition, Rule } from '../../protocol/upload-rule.ts';
import { UserError } from '../errors.ts';
import { type Fields, isFields } from '../settings/documents.ts';
import { parseSize } from '../transfer/sizes.ts';
import { parseClaimName } from './claim-name.ts';
import { checkedCondition } from './conditions.ts';
import { PRESET_NAMES, PRESETS, type PresetName } from './presets.ts';
import type { FiledIssuer } from './trust-document.ts';

/** Seconds that a token may be valid for: a leaked one cannot be recalled. */
const LONGEST = 31 * 24 * 3600;

/** Reads members of a mapping of a file; each complaint names its place. */
class Section {
  readonly #fields: Fields;
  readonly #where: string;
  readonly #left: Set<string>;

  constructor(value: unknown, where: string) {
    if (!isFields(value)) throw malformed(where, 'is not a mapping');
    this.#fields = value;
    this.#where = where;
    this.#left = new Set(Object.keys(value));
  }

  /** Returns a member, or `undefined`. An empty one is refused: an empty `when` would let everybody in. */
  take(name: string): unknown {
    this.#left.delete(name);
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
    if (value === null) throw malformed(`${this.#where}.${name}`, 'is empty; give it a value, or remove it');
    return value;
  }

  text(name: string): string | undefined {
    const value = this.take(name);
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    throw malformed(
      `${this.#where}.${name}`,
      'is not text; put numbers and true or false into quotation marks',
    );
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.take(name);
    return value === undefined ? undefined : listOf(value, `${this.#where}.${name}`);
  }

  flag(name: string): boolean | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw malformed(`${this.#where}.${name}`, 'is neither true nor false');
  }

  required<T>(value: T | undefined, name: string): T {
    if (value !== undefined) return value;
    throw malformed(`${this.#where}.${name}`, 'is missing');
  }

  claim(name: string): readonly string[] | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : claimAt(text, `${this.#where}.${name}`);
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    const found = choices.find((one) => one === text);
    if (text === undefined || found !== undefined) return found;
    throw malformed(`${this.#where}.${name}`, `is “${text}”, not one of ${choices.join(', ')}`);
  }

  fail(name: string, why: string): never {
    throw malformed(`${this.#where}.${name}`, why);
  }

  /** Refuses members that nobody read: a misspelt condition would let everybody in. */
  end(): void {
    for (const name of this.#left) throw malformed(`${this.#where}.${name}`, 'is not known');
  }
}

function malformed(where: string, why: string): UserError {
  return new UserError('usage', `The file cannot be used: ${where} ${why}.`, {
    hint: ['See how such a file looks:', '  edge-upload trust list --yaml'],
  });
}

function listOf(value: unknown, where: string): readonly string[] {
  const all = Array.isArray(value) ? value : [value];
  if (all.length > 0 && all.every((one) => typeof one === 'string' && one !== '')) return all;
  throw malformed(where, 'is not text; put numbers and true or false into quotation marks');
}

function claimAt(text: string, where: string): readonly string[] {
  const claim = parseClaimName(text);
  if (claim !== undefined) return claim;
  throw malformed(where, `has “${text}”, which is not the name of a claim`);
}

function readConditions(value: unknown, where: string): readonly Condition[] | undefined {
  if (value === undefined) return undefined;
  if (!isFields(value)) throw malformed(where, 'is not a mapping');
  const conditions = Object.entries(value).map(([name, is]) =>
    checkedCondition({ claim: claimAt(name, where), is: listOf(is, `${where}.${name}`) }, `${where}.${name}`),
  );
  if (conditions.length === 0) throw malformed(where, 'names no claim');
  return conditions;
}

function readRule(value: unknown, where: string): Rule {
  const section = new Section(value, where);
  const when = readConditions(section.take('when'), `${where}.when`);
  const size = section.take('maxSize');
  const maxSize =
    typeof size === 'string'
      ? parseSize(size, `${where}.maxSize`)
      : size === undefined || (Number.isSafeInteger(size) && Number(size) > 0)
        ? (size as number | undefined)
        : section.fail('maxSize', 'is not a size');
  const rule = omitUndefined({
    when,
    writeTo: section.text('writeTo'),
    maxSize,
    noClobber: section.flag('noClobber') || undefined,
    shared: section.flag('shared') || undefined,
    anyRepository: section.flag('anyRepository') || undefined,
    anyProject: section.flag('anyProject') || undefined,
    note: section.text('note'),
  });
  section.end();
  return rule;
}

function readIssuer(value: unknown, where: string): FiledIssuer {
  const section = new Section(value, where);
  const preset: PresetName = section.oneOf('provider', PRESET_NAMES) ?? 'oidc';
  const usual = PRESETS[preset];
  const maxAge = section.take('maxAge') ?? usual.maxAge;
  if (typeof maxAge !== 'number' || !Number.isSafeInteger(maxAge) || maxAge <= 0 || maxAge > LONGEST) {
    return section.fail('maxAge', `is not a number of seconds up to ${LONGEST}`);
  }
  const rules = section.take('rules');
  if (!Array.isArray(rules) || rules.length === 0) return section.fail('rules', 'is not a list of rules');
  const issuer: FiledIssuer = {
    alias: section.text('alias') ?? preset,
    kind: section.oneOf('kind', ['people', 'workload']) ?? usual.kind,
    preset,
    iss: section.required(section.texts('issuer'), 'issuer'),
    token: section.oneOf('token', ['access', 'id']) ?? usual.token,
    ...omitUndefined({
      audiences: section.texts('audience'),
      clientId: section.text('clientId'),
      clientSecretPublic: section.text('clientSecretPublic'),
      scopes: section.texts('scopes'),
      groups: section.claim('groups'),
    }),
    name: section.claim('name') ?? usual.name,
    maxAge,
    rules: rules.map((rule: unknown, at) => readRule(rule, `${where}.rules[${at}]`)),
  };
  section.end();
  if (issuer.kind === 'people' && issuer.token === 'id' && issuer.audiences === undefined) {
    section.fail('audience', 'is missing: ID tokens are for the client, so it is the clientId');
  }
  return issuer;
}

/**
 * Reads a file of issuers: YAML, of which JSON is a part.
 * @throws {UserError} `usage` naming the place
 */
export async function readTrustFile(text: string): Promise<readonly FiledIssuer[]> {
  const { LineCounter, parseDocument, visit } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines }) as Document<YAMLMap>;
  // Unknown tags are warnings.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    throw new UserError('usage', `The file cannot be read as YAML: ${problem.message.split('\n')[0]}`);
  }
  visit(document, {
    Alias: (_key, { range }) => {
      throw malformed(
        `line ${lines.linePos(range?.[0] ?? 0).line}`,
        'has an alias (*); write the value again',
      );
    },
    Collection: (key, { range }) => {
      if (key !== 'key') return;
      throw malformed(`line ${lines.linePos(range?.[0] ?? 0).line}`, 'has a list or a mapping as a name');
    },
  });
  const section = new Section(document.toJS(), 'the file');
  const issuers = section.take('issuers');
  section.end();
  if (!Array.isArray(issuers)) throw malformed('issuers', 'is not a list');
  return issuers.map((issuer, at) => readIssuer(issuer, `issuers[${at}]`));
}
