import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { isGroupName } from '../../../cli/identity/users/group-name.ts';
import { readDeployment, writeDeployment } from '../../../cli/stack/deployment-file.ts';
import { isValidOption } from '../../../cli/stack/options/deployed-options.ts';
import { OPTION_NAMES } from '../../../cli/stack/options/kinds.ts';
import { mergeOptions } from '../../../cli/stack/options/merge-options.ts';
import type { OptionName } from '../../../cli/stack/options/option-kind.ts';
import { areTags, isKeyRule, isLine } from '../../../cli/stack/options/value-checks.ts';
import type { StackOptions } from '../../../infra/options.ts';
import { deploymentSchema } from '../../../scripts/docs/deployment-schema.ts';
import { ALL_OPTIONS } from '../../infra/support.ts';
import { withCode } from '../transfer/helpers/uploading.ts';
import { issuer } from '../trust/provider.ts';

const SVG = '<svg xmlns="http://www.w3.org/2000/svg"></svg>';
const noLogo = (path: string) => Promise.reject<string>(new Error(`No logo is in ${path}.`));
const read = (text: string, logo = noLogo) => readDeployment(text, 'edge-upload.yaml', logo);

const { signing, trust, ...ALL }: StackOptions = ALL_OPTIONS;
const TRUST = [
  issuer('corp', [{ when: [{ claim: ['roles'], is: ['up'] }], writeTo: 'corp/{sub}/', maxSize: 5 }], {
    maxAge: 86_400,
  }),
];
const DEPLOYED: readonly StackOptions[] = [
  { ...ALL, trust: TRUST },
  { maxSize: 1234567, tokenValidityMinutes: 60, expireAfterDays: 1 },
  { maxSize: 1, versioning: false, accessLogs: false, userPool: false },
  {},
];

test('reads a deployment file as it was written', async () => {
  for (const deployed of DEPLOYED) {
    const text = await writeDeployment(deployed);
    const { options, issuers } = await read(text);
    assert.deepEqual(
      { ...options, ...(issuers.length > 0 && { trust: issuers }) },
      { ...deployed, ...(deployed.trust && { trust: deployed.trust.map(({ jwksUri, ...rest }) => rest) }) },
      text,
    );
  }
});

/** Texts with another meaning in YAML unless they are quoted. */
const ODD = ['1e3', '0x10', '007', '1.0', 'true', 'null', '~', 'yes', '2026-11-29', '1:30', '.nan', '<<', '=']
  .concat([
    '- a',
    'a: b',
    '# a',
    'a #b',
    '*a',
    '&a',
    '!a',
    '%a',
    '@a',
    '`a',
    '"',
    "it's",
    '{a}',
    '[a]',
    '|',
    '>',
  ])
  .concat(['a\\n', 'Füße', '🙂', '\u00a0a b', '-', '--- a', '...', '?', ': a', 'a:', ',']);
const odd = (isValid: (text: string) => boolean) => ODD.filter(isValid);

/** Values of each option. */
const SAMPLES: { readonly [Name in OptionName]: readonly NonNullable<StackOptions[Name]>[] } = {
  maxSize: [1, 1023, 1024, 1_234_567, 5 * 1000 ** 3, 5 * 1024 ** 3, Number.MAX_SAFE_INTEGER],
  writeTo: ['{username}/', 'in/{group}/', '{sub}/', ...odd(isKeyRule)],
  allowGroups: [ODD.filter(isGroupName), ['a', 'b']],
  expireAfterDays: [1, 30, 36_500],
  versioning: [true, false],
  domain: ['uploads.example.com', '0.example'],
  certificateArn: [ALL.certificateArn ?? ''],
  minTls: ['1.2', '1.3'],
  webAclArn: [ALL.webAclArn ?? ''],
  priceClass: ['100', '200', 'all'],
  corsOrigins: [['http://localhost:3000'], ['https://a.example', 'https://b.example:8443']],
  accessLogs: [true, false],
  tags: [
    { '7': '7', '1e3': '1e3', true: 'false', null: 'null', '=': ':', 'a b': '@', __proto__x: 'x' },
    ...odd((text) => areTags({ [text]: text })).map((text) => ({ [text]: text })),
  ],
  bucketName: ['123', '1e3', '0x10', 'null', 'true', '2026-11-29'],
  retainData: [true],
  tokenValidityMinutes: [5, 59, 60, 90, 1440],
  mfa: ['off', 'optional', 'required'],
  cognitoTier: ['lite', 'essentials'],
  page: [true],
  pageTitle: odd((text) => isLine(text, 80)),
  pageNote: odd((text) => isLine(text, 400)),
  pageColor: ['#0a5c9e', '#000000'],
  pageLogo: [SVG],
  userPool: [false],
  idp: ['saml:https://login.example.com/metadata.xml'],
  idpClientId: ['edge-upload', '007', '1e3', 'true', '"', '#a', '*'],
  idpSecret: ['edge-upload/idp', '007', '1e3'],
  events: [true],
  notify: [
    ['ops@example.com', '1e3@example.com'],
    ["o'neil+a@example.com", '#a@example.com', '*@example.com'],
  ],
  scan: [true],
  kmsKeyArn: [ALL.kmsKeyArn ?? ''],
};

/** Options that another option requires. */
const BESIDE: { readonly [Name in OptionName]?: StackOptions } = {
  domain: { certificateArn: ALL.certificateArn ?? '' },
  certificateArn: { domain: 'uploads.example.com' },
  minTls: { domain: 'uploads.example.com', certificateArn: ALL.certificateArn ?? '' },
  ...Object.fromEntries(
    (['pageTitle', 'pageNote', 'pageColor', 'pageLogo'] as const).map((name) => [name, { page: true }]),
  ),
  idpClientId: { idp: 'oidc:https://login.example.com/realm', idpSecret: 'a' },
  idpSecret: { idp: 'oidc:https://login.example.com/realm', idpClientId: 'a' },
};

test('changes nothing if a deployment is written to a file and deployed again', async () => {
  for (const name of OPTION_NAMES) {
    for (const value of SAMPLES[name]) {
      assert.ok(isValidOption(name, value), `${name}: ${JSON.stringify(value)}`);
      const kept: StackOptions = { ...BESIDE[name], [name]: value };
      const text = await writeDeployment(kept);
      const { options } = await read(text);
      const absent = OPTION_NAMES.filter((one) => options[one] === undefined);
      assert.deepEqual(mergeOptions(kept, options, absent), kept, text);
    }
  }
});

test('keeps a drawing in the file like the logo’s own file', async () => {
  const { options } = await read(
    'page: true\npage-logo: |\n  <!-- by hand -->\n  <svg viewBox="0 0 9 9"><path d="M0 0h9z"/></svg>\n',
  );
  assert.ok(isValidOption('pageLogo', options.pageLogo));
  assert.match(options.pageLogo ?? '', /^<svg xmlns="[^"]*" viewBox="0 0 9 9"><path d="M0 0h9z">/);
});

test('reads sizes and times in the usual notation', async () => {
  const text = await writeDeployment({
    maxSize: 5 * 1024 ** 3,
    tokenValidityMinutes: 90,
    expireAfterDays: 30,
  });
  assert.match(text, /^max-size: 5GiB\nexpire-after: 30\ntoken-validity: 90m\n$/m);
});

test('writes a file as people would write it', async () => {
  const { options } = await read(
    `
max-size: 5G
min-tls: 1.3
price-class: 100
mfa: off
allow-group: writers
cors-origin: [https://a.example, https://b.example]
tag: { team: media }
versioning: true
page: true
page-logo: logo.svg
`,
    (path) => Promise.resolve(path === 'logo.svg' ? SVG : ''),
  );
  assert.deepEqual(options, {
    maxSize: 5 * 1024 ** 3,
    allowGroups: ['writers'],
    versioning: true,
    minTls: '1.3',
    priceClass: '100',
    corsOrigins: ['https://a.example', 'https://b.example'],
    tags: { team: 'media' },
    mfa: 'off',
    page: true,
    pageLogo: SVG,
  });
});

/** The content of the file, the error, and whether an editor with the schema reports it too. */
const REFUSED: readonly (readonly [text: string, complaint: RegExp, inEditor: boolean])[] = [
  ['', /^edge-upload\.yaml:1:1: the file is empty\.$/, true],
  [
    'max-size: 5G\nmaxsize: 1\n',
    /^edge-upload\.yaml:2:1: maxsize is not known \(did you mean max-size\?\)\.$/,
    true,
  ],
  ['a: [', /^edge-upload\.yaml:1:5: this is not YAML: /, true],
  ['# all\n\nmax-size: big\n', /^edge-upload\.yaml:3:11: Invalid value for max-size: “big”\.$/, false],
  ['max-size:\n', /:1:1: max-size is empty/, true],
  ['versioning: "yes"', /:1:13: versioning is neither true nor false/, true],
  ['mfa: sometimes', /:1:6: mfa is not valid. Use off, optional or required/, true],
  ['tag: [a]', /:1:6: tag is not a mapping/, true],
  ['tag:\n  team: media\n  cost: 7', /:3:9: tag\.cost is not text/, true],
  ['allow-group:\n  - ok\n  - 7', /:3:5: allow-group\[1\] is not text/, true],
  ['allow-group: []', /:1:14: allow-group is an empty list/, true],
  ['expire-after: 0', /:1:15: expire-after is not valid. Use a whole number/, false],
  [
    'page-logo: <svg onload="x"/>',
    /:1:12: page-logo is not a logo for the page: its <svg> has the attribute “onload”/,
    false,
  ],
  ['max-size: 5G\nmax-size: 6G', /:2:1: this is not YAML: Map keys must be unique/, true],
  ['- max-size: 5G', /:1:1: the file is not a mapping/, true],
  ['issuers:\n  - issuer: https://x', /:2:5: issuers\[0\]\.rules is missing/, true],
  [
    'issuers:\n  - issuer: https://x\n    rules:\n      - writeTo: x/\n        whem: {a: b}',
    /:5:9: issuers\[0\]\.rules\[0\]\.whem is not known \(did you mean when\?\)/,
    true,
  ],
  ['signing: {}', /:1:1: signing is not known/, true],
];

test('refuses an invalid entry with its line', async () => {
  for (const [text, complaint] of REFUSED) {
    await assert.rejects(read(text), withCode('usage', complaint), text);
  }
});

test('refuses an unknown name with the names that are known there', async () => {
  await assert.rejects(
    read('max_size: 5G'),
    withCode('usage', /max_size/, /^Use one of: issuers, max-size, /),
  );
  const nested = 'issuers:\n  - issuer: https://x\n    rules:\n      - writeTo: x/\n        whem: {a: b}';
  await assert.rejects(read(nested), withCode('usage', /whem/, /^Use one of: when, .*writeTo/));
});

test('the editors’ schema is up to date, and agrees with the program', async () => {
  const schema = await readFile(join(import.meta.dirname, '../../../assets/edge-upload.schema.json'), 'utf8');
  assert.deepEqual(JSON.parse(schema), JSON.parse(deploymentSchema()), 'npm run docs:schema');
  const isValid = new Ajv({ allowUnionTypes: true }).compile(JSON.parse(schema));
  for (const deployed of DEPLOYED) {
    assert.ok(isValid(parse(await writeDeployment(deployed)) ?? {}), JSON.stringify(isValid.errors));
  }
  for (const [text, , inEditor] of REFUSED) {
    let value: unknown;
    try {
      value = parse(text);
    } catch {
      // Editors report invalid YAML without a schema.
      continue;
    }
    assert.equal(isValid(value), !inEditor, text);
  }
});
