import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from '@commander-js/extra-typings';
import { declareDeploy, declareSynth } from '../../../../cli/declare/deploy.ts';
import { isUserError } from '../../../../cli/errors.ts';
import {
  describeOptions,
  optionChanges,
  optionsJson,
  readOptions,
  requireDeployable,
  stackTags,
} from '../../../../cli/stack/options/deployed-options.ts';
import { KINDS } from '../../../../cli/stack/options/kinds.ts';
import {
  askedOptions,
  mergeOptions,
  type OptionFlags,
  unsetNotes,
} from '../../../../cli/stack/options/merge-options.ts';
import type { OptionName } from '../../../../cli/stack/options/option-kind.ts';
import type { StackOptions, TrustedIssuer } from '../../../../infra/options.ts';
import { synthesize } from '../../../../infra/upload-stack.ts';
import { withOptionsTable } from '../../../../scripts/docs/options-table.ts';

const CERTIFICATE = 'arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012';
const WEB_ACL = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/uploads/0c1d2e3f-1234';
const KMS_KEY = 'arn:aws:kms:us-east-1:123456789012:key/12345678-90ab-cdef-1234-567890abcdef';
const IDP = 'oidc:https://login.example.com/realm';

const ALL: StackOptions = {
  maxSize: 5 * 1024 ** 3,
  writeTo: 'in/{group}/{username}/',
  allowGroups: ['writers', 'éditeurs'],
  expireAfterDays: 30,
  versioning: true,
  domain: 'uploads.example.com',
  certificateArn: CERTIFICATE,
  minTls: '1.3',
  webAclArn: WEB_ACL,
  priceClass: '100',
  corsOrigins: ['https://example.com', 'http://localhost:3000'],
  accessLogs: true,
  tags: { team: 'media', 'cost centre': '4711' },
  bucketName: 'kept-uploads',
  retainData: true,
  tokenValidityMinutes: 90,
  mfa: 'optional',
  cognitoTier: 'lite',
  page: true,
  pageTitle: 'Files for Müller & Söhne',
  pageNote: 'Thank you.',
  pageColor: '#0a5c9e',
  pageLogo: '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
  idp: IDP,
  idpClientId: 'edge-upload',
  idpSecret: 'edge-upload/idp',
  events: true,
  notify: ['ops@example.com', 'media+in@example.co.uk'],
  scan: true,
  kmsKeyArn: KMS_KEY,
};

const templateOf = (options: unknown) =>
  JSON.stringify({
    Resources: {
      Pool: { Type: 'AWS::Cognito::UserPool' },
      Bucket: { Type: 'AWS::S3::Bucket', Metadata: { 'edge-upload': { options } } },
    },
  });

test('reads every flag, and its stored value alike', () => {
  const { given, unset } = askedOptions({
    maxSize: '5G',
    writeTo: 'in/{group}/{username}/',
    allowGroup: ['writers', 'éditeurs', 'writers'],
    expireAfter: '30',
    versioning: true,
    domain: 'uploads.example.com',
    certificateArn: CERTIFICATE,
    minTls: '1.3',
    webAclArn: WEB_ACL,
    priceClass: '100',
    corsOrigin: ['https://example.com', 'http://localhost:3000'],
    accessLogs: true,
    tag: { team: 'media', 'cost centre': '4711' },
    bucketName: 'kept-uploads',
    retainData: true,
    tokenValidity: '90',
    mfa: 'optional',
    cognitoTier: 'lite',
    page: true,
    pageTitle: 'Files for Müller & Söhne',
    pageNote: 'Thank you.',
    pageColor: '#0a5c9e',
    pageLogo: '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    idp: IDP,
    idpClientId: 'edge-upload',
    idpSecret: 'edge-upload/idp',
    events: true,
    notify: ['ops@example.com', 'media+in@example.co.uk', 'ops@example.com'],
    scan: true,
    kmsKey: KMS_KEY,
  });
  assert.deepEqual(given, ALL);
  assert.deepEqual(unset, []);
  assert.deepEqual(readOptions(templateOf(given)), ALL);
  assert.deepEqual(askedOptions({}), { given: {}, unset: [] });
});

function usage(run: () => unknown): string {
  let message = '';
  assert.throws(run, (error) => {
    assert.ok(isUserError(error), String(error));
    assert.equal(error.code, 'usage');
    message = `${error.message} ${error.hint ?? ''}`;
    return true;
  });
  return message;
}

test('refuses a prefix rule by which users could share keys, new or kept', () => {
  const rows = [
    ['{group}-{username}/', '{group}/{username}/'],
    ['{group}{username}/', '{group}/{username}/'],
    ['{username}-{group}', '{username}/{group}/'],
    ['{sub}{username}/', '{sub}/{username}/'],
    ['home/{username}-in/', 'home/{username}/in/'],
    ['home/in-{username}', 'home/in/{username}/'],
    ['{username} /x', '{username}/x/'],
    ['a/{username}/b.{group}/c', 'a/{username}/b/{group}/c/'],
  ] as const;
  for (const [writeTo, better] of rows) {
    for (const refused of [() => askedOptions({ writeTo }), () => mergeOptions({ writeTo })]) {
      const says = usage(refused);
      assert.ok(says.includes(`“${writeTo}”`) && says.includes(`--write-to '${better}'`), says);
    }
    // Deployed options can be read, reset and replaced.
    assert.deepEqual(readOptions(templateOf({ writeTo })), { writeTo });
    assert.deepEqual(mergeOptions({ writeTo }, {}, ['writeTo']), {});
    assert.deepEqual(mergeOptions({ writeTo }, { writeTo: better }), { writeTo: better });
  }
  for (const writeTo of [
    'in/',
    'img-',
    '{username}',
    'home/{sub}/in',
    '{group}/{username}/{sub}/',
    '{group}/',
  ]) {
    assert.deepEqual(askedOptions({ writeTo }).given, { writeTo });
  }
});

test('refuses options that the embedded cloud lacks before it starts', () => {
  for (const [flags, says] of [
    [{ webAclArn: WEB_ACL }, /--web-acl-arn is not used with --local: .* no web ACLs/],
    [{ idp: IDP }, /--idp is not used with --local: the embedded Cognito has no managed login/],
    [{ scan: true }, /--scan is not used with --local: the embedded cloud has no GuardDuty/],
    [{ kmsKey: KMS_KEY }, /--kms-key is not used with --local: the embedded S3 encrypts nothing/],
  ] as const) {
    assert.match(
      usage(() => askedOptions({ local: true, ...flags })),
      says,
    );
  }
  assert.deepEqual(askedOptions({ local: true, versioning: true }).given, { versioning: true });
  assert.deepEqual(askedOptions({ webAclArn: WEB_ACL }).given, { webAclArn: WEB_ACL });
});

test('reports what remains of an option that was turned off', () => {
  const notes = (kept: StackOptions, ...unset: OptionName[]) =>
    unsetNotes(mergeOptions(kept, {}, unset), unset).join();
  assert.match(notes({ versioning: true }, 'versioning'), /suspend.*earlier versions of objects stay/);
  assert.match(notes({ versioning: false }, 'versioning'), /suspend/);
  assert.match(notes({ accessLogs: true }, 'accessLogs'), /log bucket stays/);
  assert.equal(notes({}, 'versioning', 'accessLogs'), '');
  assert.equal(notes({ maxSize: 7, retainData: true }, 'maxSize', 'retainData'), '');
});

test('refuses values out of bounds, with the flag and its bounds', () => {
  const rows: readonly (readonly [flag: string, says: RegExp, flags: readonly OptionFlags[]])[] = [
    ['--max-size', /size/, ['0', '-1', '5X', 'big', ''].map((maxSize) => ({ maxSize }))],
    [
      '--write-to',
      /\{username\}, \{sub\} or \{group\}/,
      [
        '',
        '/in',
        'a//b',
        '../x',
        'a/./',
        '.well-known/',
        '{user}/',
        '{username',
        '}',
        'a\u0007',
        'x'.repeat(1025),
      ].map((writeTo) => ({ writeTo })),
    ],
    [
      '--allow-group',
      /1 to 128 characters/,
      [[''], ['two words'], ['g'.repeat(129)], ['good', 'a\tb']].map((allowGroup) => ({ allowGroup })),
    ],
    [
      '--expire-after',
      /from 1 to 36500/,
      ['0', '-1', '1.5', '36501', 'soon', '30d'].map((expireAfter) => ({ expireAfter })),
    ],
    [
      '--domain',
      /host name/,
      [
        'localhost',
        'https://a.example.com',
        'A.example.com',
        '*.example.com',
        'a_b.example.com',
        '-a.example.com',
        'a..b',
      ].map((domain) => ({ domain })),
    ],
    [
      '--certificate-arn',
      /us-east-1/,
      [
        CERTIFICATE.replace('us-east-1', 'eu-west-1'),
        CERTIFICATE.replace('acm', 'iam'),
        'certificate',
        '',
      ].map((certificateArn) => ({ certificateArn })),
    ],
    [
      '--web-acl-arn',
      /global/,
      [WEB_ACL.replace('global', 'regional'), WEB_ACL.replace('us-east-1', 'eu-west-1'), 'acl'].map(
        (webAclArn) => ({
          webAclArn,
        }),
      ),
    ],
    ['--price-class', /100, 200 or all/, ['300', 'All', ''].map((priceClass) => ({ priceClass }))],
    [
      '--cors-origin',
      /https:\/\/host/,
      [
        '*',
        'null',
        'example.com',
        'http://example.com',
        'https://example.com/',
        'https://EXAMPLE.com',
        'https://a:443',
        'https://*.example.com',
      ].map((origin) => ({ corsOrigin: ['https://good.example.com', origin] })),
    ],
    [
      '--tag',
      /at most 50/,
      [
        { 'aws:x': 'y' },
        { ['k'.repeat(129)]: 'v' },
        { k: 'v'.repeat(257) },
        { k: '' },
        { k: 'what?' },
        Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, 'v'])),
      ].map((tag) => ({ tag })),
    ],
    [
      '--token-validity',
      /5m to 24h/,
      ['4', '4m', '25h', '1d', '', '1441', '1.5h'].map((tokenValidity) => ({ tokenValidity })),
    ],
    ['--mfa', /off, optional or required/, ['on', 'ON', ''].map((mfa) => ({ mfa }))],
    [
      '--page-title',
      /one line of up to 80 characters/,
      ['', 'a\nb', 'a\u202eb', 'x'.repeat(81)].map((pageTitle) => ({ page: true, pageTitle })),
    ],
    [
      '--page-note',
      /one line of up to 400 characters/,
      ['', 'a\r', '\u0000', 'x'.repeat(401)].map((pageNote) => ({ page: true, pageNote })),
    ],
    [
      '--page-color',
      /a colour of the form #rrggbb/,
      ['', 'red', '#123', '#12345g', '#12345678', '123456', ' #123456', '#123456;}'].map((pageColor) => ({
        pageColor,
      })),
    ],
    [
      '--page-logo',
      /SVG file of up to 20 kB/,
      ['', 'logo.svg', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>'].map(
        (pageLogo) => ({ pageLogo }),
      ),
    ],
    [
      '--notify',
      /e-mail address, up to 10 times/,
      [
        ['ops'],
        ['ops@example.com', 'ops@'],
        ['@example.com'],
        ['a@b@example.com'],
        ['Ops <ops@example.com>'],
        ['ops@localhost'],
        ['ops@exa mple.com'],
        ['ops@example.com\n'],
        ['arn:aws:sns:us-east-1:123456789012:topic'],
        Array.from({ length: 11 }, (_, at) => `ops${at}@example.com`),
      ].map((notify) => ({ notify })),
    ],
    [
      '--idp',
      /saml: .*oidc: /,
      [
        'https://login.example.com',
        'saml:',
        'saml:http://login.example.com/metadata',
        'saml:/metadata.xml',
        'saml:https://ada:secret@login.example.com/metadata',
        'oidc:https://login.example.com?tenant=x',
        'oidc:https://login.example.com#x',
        'oidc:https://login.exämple.com',
        'ldap:https://login.example.com',
        `oidc:https://login.example.com/${'x'.repeat(1024)}`,
      ].map((idp) => ({ idp })),
    ],
    [
      '--idp-client-id',
      /client id/,
      ['', 'two words', '{{resolve:ssm:x}}'].map((idpClientId) => ({ idpClientId })),
    ],
    [
      '--idp-secret',
      /Secrets Manager in us-east-1/,
      [
        '',
        'my secret',
        'name:SecretString:key',
        '{{resolve:secretsmanager:x}}',
        'arn:aws:secretsmanager:eu-west-1:123456789012:secret:x',
      ].map((idpSecret) => ({ idpSecret })),
    ],
    [
      '--kms-key',
      /us-east-1, not of an alias/,
      [
        KMS_KEY.replace('us-east-1', 'eu-west-1'),
        KMS_KEY.replace(/key.*/, 'alias/uploads'),
        KMS_KEY.replace(/.*key./, ''),
        KMS_KEY.replace('123456789012', '12345'),
        'alias/aws/s3',
        KMS_KEY.replace('arn:aws:', 'arn:aws-cn:'),
        `${KMS_KEY}/`,
        '',
      ].map((kmsKey) => ({ kmsKey })),
    ],
    ['--unset', /Use one of: max-size, write-to/, [{ unset: ['size'] }, { unset: ['maxSize'] }]],
  ];
  for (const [flag, says, all] of rows) {
    for (const flags of all) {
      const message = usage(() => askedOptions(flags));
      assert.ok(message.includes(flag), `${JSON.stringify(flags)}: ${message}`);
      assert.match(message, says, JSON.stringify(flags));
    }
  }
});

test('accepts the bounds themselves', () => {
  const rows: readonly OptionFlags[] = [
    { tokenValidity: '5m' },
    { tokenValidity: '24h' },
    { expireAfter: '1' },
    { expireAfter: '36500' },
    { maxSize: '1' },
    { writeTo: 'home' },
    { writeTo: '{sub}' },
    { corsOrigin: ['http://127.0.0.1:8080'] },
    { corsOrigin: ['https://example.com:8443'] },
    { tag: { ['k'.repeat(128)]: 'v'.repeat(256) } },
    { allowGroup: ['g'.repeat(128)] },
    { pageTitle: 'x'.repeat(80) },
    { pageNote: 'x'.repeat(400) },
    { pageColor: '#ABCDEF' },
    { notify: Array.from({ length: 10 }, (_, at) => `ops${at}@example.com`) },
    { kmsKey: `arn:aws:kms:us-east-1:123456789012:key/mrk-${'0a'.repeat(16)}` },
  ];
  for (const flags of rows)
    assert.equal(Object.keys(askedOptions(flags).given).length, 1, JSON.stringify(flags));
});

test('keeps missing options, replaces given ones, and removes unset ones', () => {
  assert.deepEqual(mergeOptions(ALL), ALL);
  assert.deepEqual(
    Object.keys(mergeOptions({ mfa: 'off' }, { maxSize: 1 })),
    ['maxSize', 'mfa'],
    'always in the same order',
  );
  assert.equal(mergeOptions(ALL, { maxSize: 7 }).maxSize, 7);
  assert.deepEqual(mergeOptions(ALL, { allowGroups: ['one'] }).allowGroups, ['one']);
  const { maxSize: _size, tags: _tags, ...rest } = ALL;
  assert.deepEqual(mergeOptions(ALL, {}, ['maxSize', 'tags']), rest);
  assert.deepEqual(mergeOptions({}, { retainData: false, versioning: false, accessLogs: false }), {});
  assert.deepEqual(mergeOptions({ retainData: true }, { retainData: false }), {});
});

test('stores an option as off if its resources remain on AWS', () => {
  const on = { versioning: true, accessLogs: true };
  const off = { versioning: false, accessLogs: false };
  assert.deepEqual(mergeOptions(on, off), off);
  assert.deepEqual(mergeOptions(on, {}, ['versioning', 'accessLogs']), off);
  assert.deepEqual(mergeOptions(off), off);
  assert.deepEqual(mergeOptions(off, {}, ['versioning', 'accessLogs']), off);
  assert.deepEqual(mergeOptions(off, on), on);
});

test('needs a certificate for a domain, and a domain for a certificate', () => {
  const { domain = '', certificateArn = '' } = ALL;
  assert.match(
    usage(() => mergeOptions({}, { domain })),
    /--domain needs --certificate-arn/,
  );
  assert.match(
    usage(() => mergeOptions({}, { certificateArn })),
    /--certificate-arn needs --domain/,
  );
  const both = { domain, certificateArn };
  assert.deepEqual(mergeOptions(both, { domain: 'other.example.com' }), {
    ...both,
    domain: 'other.example.com',
  });
  assert.deepEqual(mergeOptions(both, {}, ['domain']), {});
  assert.deepEqual(mergeOptions({ ...both, minTls: '1.3' }, {}, ['domain']), {});
  assert.match(
    usage(() => mergeOptions({}, { minTls: '1.3' })),
    /--min-tls needs --domain/,
  );
  assert.deepEqual(mergeOptions(both, {}, ['certificateArn']), {});
});

test('requires the options that Cognito needs for a provider, and those that exclude strangers', () => {
  const saml = { idp: 'saml:https://login.example.com/metadata.xml' };
  const oidc = { idp: IDP, idpClientId: 'edge-upload', idpSecret: 'edge-upload/idp' };
  assert.deepEqual(mergeOptions({}, saml), saml);
  assert.deepEqual(mergeOptions(oidc), oidc);
  assert.deepEqual(mergeOptions(oidc, {}, ['idp']), {}, 'options that need it are removed too');
  const rows: readonly (readonly [kept: StackOptions, given: StackOptions, says: RegExp])[] = [
    [{}, { idp: IDP }, /needs --idp-client-id <id> too.*create-secret/s],
    [{}, { idp: IDP, idpClientId: 'x' }, /needs --idp-secret <name> too/],
    [{}, { idpClientId: 'x' }, /--idp-client-id needs --idp/],
    [{}, { idpSecret: 'x' }, /--idp-secret needs --idp/],
    [oidc, saml, /--idp-client-id is not used with a SAML provider.*--unset idp-client-id/s],
    [{ ...saml, allowGroups: ['staff'] }, { idpSecret: 'x' }, /--idp-secret is not used with a SAML/],
  ];
  for (const [kept, given, says] of rows) {
    assert.match(
      usage(() => mergeOptions(kept, given)),
      says,
      JSON.stringify(given),
    );
  }
  const google = 'google <domain>';
  for (const [issuer, provider] of [
    ['https://accounts.google.com', google],
    ['https://accounts.google.com/', google],
    ['https://www.facebook.com', 'oidc https://www.facebook.com'],
    ['https://appleid.apple.com', 'oidc https://appleid.apple.com'],
    ['https://gitlab.com', 'oidc https://gitlab.com'],
    ['https://login.microsoftonline.com/common/v2.0', 'entra <tenant>'],
    ['https://login.microsoftonline.com/organizations/v2.0', 'entra <tenant>'],
    ['https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0', 'entra <tenant>'],
  ] as const) {
    const everybody = { ...oidc, idp: `oidc:${issuer}` };
    const refusal = usage(() => mergeOptions({}, everybody));
    assert.match(refusal, /anybody could upload.*--allow-group <name>/s, issuer);
    assert.ok(refusal.includes(`edge-upload trust ${provider} --client-id <id>`), refusal);
    mergeOptions({ allowGroups: ['staff'] }, everybody);
    // Cognito adds every user of the provider to this group.
    assert.match(
      usage(() => mergeOptions({ allowGroups: ['staff', 'us-east-1_Ab1Cd2Ef3_idp'] }, everybody)),
      /us-east-1_Ab1Cd2Ef3_idp contains everybody.*anybody could upload.*--allow-group <name>/s,
    );
    assert.match(
      usage(() => mergeOptions({ ...everybody, allowGroups: ['staff'] }, {}, ['allowGroups'])),
      /anybody could upload/,
    );
  }
  const tenant = 'oidc:https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0';
  mergeOptions({}, { ...oidc, idp: tenant });
  mergeOptions({ allowGroups: ['us-east-1_Ab1Cd2Ef3_idp'] }, { ...oidc, idp: tenant });
});

test('refuses to set and unset one option at once', () => {
  assert.match(
    usage(() => askedOptions({ maxSize: '1G', unset: ['max-size'] })),
    /--max-size and --unset max-size/,
  );
  assert.deepEqual(askedOptions({ unset: ['max-size', '--write-to'] }).unset, ['maxSize', 'writeTo']);
  assert.match(
    usage(() => askedOptions({ unset: ['trust'] })),
    /removed one by one.*trust remove <alias>/s,
  );
});

test('limits the size of all options, so that they fit into the first request', () => {
  const groups = (count: number) => Array.from({ length: count }, (_, at) => `${'g'.repeat(98)}${at}`);
  const tags = (length: number) =>
    Object.fromEntries(
      Array.from({ length: 50 }, (_, at) => [`${'t'.repeat(100)}${at}`, 'v'.repeat(length)]),
    );
  assert.match(
    usage(() => requireDeployable({ ...ALL, tags: tags(250), allowGroups: groups(120) })),
    /30000 bytes of options.*--tag/,
  );
  assert.match(
    usage(() => requireDeployable({ ...ALL, allowGroups: groups(100) })),
    /10000 bytes of rules and issuers.*--allow-group/,
  );
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      ...ISSUER,
      alias: `ci-${at}`,
      preset: 'oidc',
      iss: [`https://${at}.actions.githubusercontent.example`],
      rules: Array(50).fill({ ...ISSUER.rules[0], writeTo: '{issuer}/{repository}/' }),
    }));
  requireDeployable({ trust: many(60) });
  assert.match(
    usage(() => requireDeployable({ trust: many(100) })),
    /10000 bytes of rules and issuers.*trust fewer issuers/,
  );
  const options = mergeOptions({ ...ALL, tags: tags(250) }, { allowGroups: groups(90) });
  requireDeployable(options);
  const { bytes } = synthesize({ stackName: 'edge-upload', options });
  assert.ok(bytes < 51_200, `${bytes} bytes`);
});

test('refuses options of the user pool without one, and restores them with it', () => {
  const kept = mergeOptions({ mfa: 'required', writeTo: '{sub}/' }, askedOptions({ userPool: false }).given);
  assert.deepEqual(kept, { mfa: 'required', writeTo: '{sub}/', userPool: false });
  for (const [flag, given] of [
    ['--mfa', { mfa: 'off' }],
    ['--write-to', { writeTo: 'in/' }],
    ['--token-validity', { tokenValidityMinutes: 7 }],
    ['--allow-group', { allowGroups: ['a'] }],
    ['--cognito-tier', { cognitoTier: 'lite' }],
    ['--idp', { idp: 'saml:https://login.example.com/metadata?tenant=x' }],
  ] as const) {
    assert.match(
      usage(() => mergeOptions(kept, given)),
      new RegExp(`^${flag} is an option of the user pool`),
    );
    assert.deepEqual(mergeOptions({ userPool: false }, { userPool: true, ...given }), given);
  }
  assert.deepEqual(mergeOptions(kept, {}, ['userPool']), { mfa: 'required', writeTo: '{sub}/' });
});

test('refuses options of the page without it, and removes them with it', () => {
  const look = { pageTitle: 'A', pageNote: 'B', pageColor: '#0a5c9e', pageLogo: ALL.pageLogo ?? '' };
  for (const [name, value] of Object.entries(look)) {
    const { flag } = KINDS[name as keyof typeof look];
    assert.match(
      usage(() => mergeOptions({}, { [name]: value })),
      new RegExp(`^${flag} needs --page too\\. Add --page, or omit ${flag}\\.$`),
    );
    assert.deepEqual(mergeOptions({ page: true, ...look }, {}, ['page']), {});
    assert.deepEqual(mergeOptions({ page: true, ...look }, { page: false }), {});
    assert.equal(
      mergeOptions({ page: true, ...look }, {}, [name as keyof typeof look])[name as 'page'],
      undefined,
    );
  }
  assert.equal(askedOptions({ pageColor: '#0A5C9E' }).given.pageColor, '#0a5c9e');
});

test('reads no options from a template older than options', () => {
  assert.deepEqual(readOptions('{"Resources":{"Bucket":{"Type":"AWS::S3::Bucket"}}}'), {});
  assert.deepEqual(readOptions('{}'), {});
});

test('refuses options that this version does not know', () => {
  const scripted = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  for (const options of [
    { colour: 'red' },
    { maxSize: 'much' },
    { tags: [1] },
    { corsOrigins: [] },
    { page: true, pageLogo: scripted },
  ]) {
    assert.throws(
      () => readOptions(templateOf(options)),
      (error) => isUserError(error) && error.code === 'stack_failed' && /does not know/.test(error.message),
    );
  }
});

test('describes every option, set or not', () => {
  const unset = describeOptions({});
  assert.equal(unset.length, Object.keys(KINDS).length);
  assert.ok(unset.every(({ text, value }) => text === 'unset' && value === undefined));
  assert.deepEqual(
    describeOptions({ ...ALL, userPool: false }).map(({ flag, text }) => `${flag} ${text}`),
    [
      '--max-size 5 GiB',
      '--write-to in/{group}/{username}/',
      '--allow-group writers, éditeurs',
      '--expire-after 30 days',
      '--versioning on',
      '--domain uploads.example.com',
      `--certificate-arn ${CERTIFICATE}`,
      '--min-tls 1.3',
      `--web-acl-arn ${WEB_ACL}`,
      '--price-class 100',
      '--cors-origin https://example.com, http://localhost:3000',
      '--access-logs on',
      '--tag team=media, cost centre=4711',
      '--bucket-name kept-uploads',
      '--retain-data on',
      '--token-validity 90 minutes',
      '--mfa optional',
      '--cognito-tier lite',
      '--page on',
      '--page-title Files for Müller & Söhne',
      '--page-note Thank you.',
      '--page-color #0a5c9e',
      '--page-logo SVG, 46 B',
      '--user-pool none',
      `--idp ${IDP}`,
      '--idp-client-id edge-upload',
      '--idp-secret edge-upload/idp',
      '--events on',
      '--notify ops@example.com, media+in@example.co.uk',
      '--scan on',
      `--kms-key ${KMS_KEY}`,
    ],
  );
  assert.deepEqual(optionsJson(ALL), ALL);
});

test('changes the stack’s tags only if an option sets them', () => {
  assert.equal(stackTags({}), undefined);
  assert.deepEqual(stackTags(ALL), [
    { Key: 'team', Value: 'media' },
    { Key: 'cost centre', Value: '4711' },
  ]);
  assert.deepEqual(stackTags({}, ALL), []);
});

test('the page about operating contains the table of options', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/operating.md'), 'utf8');
  assert.ok(page.includes(String(KINDS.cognitoTier.details)), 'the page has the table');
  assert.equal(page, withOptionsTable(page), 'renew it with: npm run docs:options');
});

test('the help of deploy and synth is generated from the table of options', () => {
  for (const declare of [declareDeploy, declareSynth]) {
    const root = new Command();
    declare(root, async () => {});
    const help = root.commands[0]?.helpInformation().replace(/\s+/g, ' ') ?? '';
    for (const { flag, summary } of Object.values(KINDS)) assert.ok(help.includes(`${flag} `), summary);
    for (const { summary } of Object.values(KINDS)) assert.ok(help.includes(` ${summary} `), summary);
  }
});

const ISSUER: TrustedIssuer = {
  alias: 'ci',
  kind: 'workload',
  iss: ['https://token.actions.githubusercontent.com'],
  jwksUri: 'https://token.actions.githubusercontent.com/.well-known/jwks',
  token: 'id',
  name: ['repository'],
  preset: 'github',
  rules: [{ when: [{ claim: ['repository_id'], is: ['42'] }], writeTo: 'ci/{repository}/', noClobber: true }],
};

test('keeps trusted issuers at every deploy, and reads them as written', () => {
  const kept = { maxSize: 7, trust: [ISSUER] };
  assert.deepEqual(readOptions(templateOf(kept)), kept);
  assert.deepEqual(mergeOptions(kept, { maxSize: 8 }), { maxSize: 8, trust: [ISSUER] });
  assert.deepEqual(mergeOptions(kept, {}, ['maxSize']), { trust: [ISSUER] });
  assert.deepEqual(optionsJson(kept), kept);
});

test('plans changes of trusted issuers, each by its alias', () => {
  const words = 'https://token.actions.githubusercontent.com, writes ci/{repository}/ when repository_id=42';
  const bounded = { ...ISSUER, rules: ISSUER.rules.map((rule) => ({ ...rule, maxSize: 5 })) };
  const rows: readonly (readonly [TrustedIssuer[], TrustedIssuer[], object[]])[] = [
    [[], [ISSUER], [{ name: 'trust ci', from: 'none', to: words }]],
    [[ISSUER], [], [{ name: 'trust ci', from: words, to: 'none' }]],
    [[ISSUER], [ISSUER], []],
    [[ISSUER], [bounded], [{ name: 'trust ci', from: words, to: `${words} (other limits of rules)` }]],
  ];
  for (const [from, to, changes] of rows)
    assert.deepEqual(optionChanges({ trust: from }, { trust: to }), changes);
});

test('plans a rotation of the signing key, in words', () => {
  const [from, until] = [{ signing: { keys: [{ id: '1' }] } }, Date.UTC(2027, 0, 1) / 1000];
  const to = { signing: { keys: [{ id: '2' }, { id: '1', until }] } };
  const kept = 'key 2, and key 1 until 2027-01-01 00:00 UTC';
  assert.deepEqual(optionChanges(from, to), [{ name: 'signing key', from: 'key 1', to: kept }]);
  assert.deepEqual(optionChanges({}, from), [{ name: 'signing key', from: 'none', to: 'key 1' }]);
});

test('refuses trusted issuers of a later version', () => {
  const odd: readonly unknown[] = [
    {},
    [],
    [{}],
    [ISSUER, ISSUER],
    ...[
      { alias: 'Corp' },
      { kind: 'pool' },
      { kind: 'machine' },
      { iss: [] },
      { jwksUri: 'keys' },
      { tokenOrigin: 'tokens' },
      { token: 'opaque' },
      { name: 'sub' },
      { rules: [{ unless: [] }] },
      { rules: [{ maxSize: -1 }] },
      { rules: [{ when: [{ claim: ['a'], is: [] }] }] },
      { proofOfPossession: true },
      { audiences: undefined, clientId: 7 },
    ].map((more) => [{ ...ISSUER, ...more }]),
  ];
  for (const trust of odd) {
    assert.throws(
      () => readOptions(templateOf({ trust })),
      (error) => isUserError(error) && error.code === 'stack_failed' && /“trust”/.test(error.message),
      JSON.stringify(trust),
    );
  }
});
