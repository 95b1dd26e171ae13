import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { condition } from '../../../cli/trust/providers/trust-request.ts';
import { readTrustFile, writeTrustFile } from '../../../cli/trust/trust-file.ts';
import { withCode } from '../transfer/helpers/uploading.ts';
import { issuer } from './provider.ts';

const RULE = `
      - when: {roles: uploader}
        writeTo: corp/`;

const file = (issuer: string) => `issuers:\n  - ${issuer.trim().replaceAll('\n', '\n    ')}`;

describe('S trust file', () => {
  it('is read as it was written', async () => {
    const issuers = [
      issuer('corp', [
        {
          when: [{ claim: ['realm_access', 'roles'], is: ['a', 'b'] }, condition('ref_protected', 'true')],
          writeTo: '{issuer}/{sub}/',
          maxSize: 5 * 1024 ** 3,
          noClobber: true,
          shared: true,
          note: 'acme/app',
        },
        { writeTo: 'all/', anyRepository: true },
        { writeTo: 'rest/', anyProject: true },
      ]),
      issuer('two', [{ writeTo: 'two/' }], {
        iss: ['https://a', 'https://b'],
        audiences: ['x'],
        clientId: 'c',
        clientSecretPublic: 's',
        scopes: ['openid'],
        groups: ['groups'],
        maxAge: 60,
      }),
    ];
    const text = await writeTrustFile(issuers);
    assert.match(text, /^# Who is allowed t/);
    const read = await readTrustFile(text, 'trust.yaml');
    assert.deepEqual(
      read.map(({ maxAge, ...one }) => one),
      issuers.map(({ jwksUri, maxAge, ...one }) => one),
    );
    assert.equal(read[1]?.maxAge, 60);
  });

  it('takes missing settings from the provider', async () => {
    const [corp] = await readTrustFile(
      file(
        'provider: github\nissuer: https://x\nrules:\n  - when: {repository_id: "7"}\n    writeTo: ci/\n    maxSize: 5G',
      ),
      'trust.yaml',
    );
    assert.deepEqual(corp, {
      alias: 'github',
      kind: 'workload',
      preset: 'github',
      iss: ['https://x'],
      token: 'id',
      name: ['repository'],
      maxAge: 86_400,
      rules: [{ when: [condition('repository_id', '7')], writeTo: 'ci/', maxSize: 5 * 1024 ** 3 }],
    });
  });

  it('may contain no issuer', async () => {
    assert.deepEqual(await readTrustFile('issuers: []', 'trust.yaml'), []);
  });

  const REFUSED: readonly (readonly [name: string, text: string, message: RegExp])[] = [
    ['what is not YAML', 'issuers: [', /^trust\.yaml:1:11: this is not YAML/],
    ['text', 'hello', /^trust\.yaml:1:1: the file is not a mapping/],
    ['an unknown section', 'issuers: []\nusers: []', /^trust\.yaml:2:1: users is not known/],
    ['no list', 'issuers: {}', /issuers is not a list/],
    ['no issuer', file(`alias: corp\nrules:${RULE}`), /issuers\[0\]\.issuer is missing/],
    ['no rules', file('issuer: https://x'), /issuers\[0\]\.rules is missing/],
    ['an unknown provider', file(`provider: acme\nissuer: https://x\nrules:${RULE}`), /provider is “acme”/],
    [
      'an unknown setting',
      file(`issuer: https://x\nwhen: {a: b}\nrules:${RULE}`),
      /issuers\[0\]\.when is not known/,
    ],
    [
      'a misspelt condition',
      file('issuer: https://x\nrules:\n  - whem: {a: b}\n    writeTo: x/'),
      /^trust\.yaml:4:9: issuers\[0\]\.rules\[0\]\.whem is not known/,
    ],
    [
      'conditions that are all commented out',
      file('issuer: https://x\nrules:\n  - when:\n    # roles: uploader\n    writeTo: x/'),
      /issuers\[0\]\.rules\[0\]\.when is empty/,
    ],
    ['an empty size', file('issuer: https://x\nrules:\n  - maxSize:\n    writeTo: x/'), /maxSize is empty/],
    ['an empty flag', file('issuer: https://x\nrules:\n  - noClobber: ~'), /noClobber is empty/],
    ['an empty audience', file(`issuer: https://x\naudience: null\nrules:${RULE}`), /audience is empty/],
    ['an empty age', file(`issuer: https://x\nmaxAge:\nrules:${RULE}`), /maxAge is empty/],
    ['an alias', 'issuers:\n  - &a {issuer: https://x}\n  - *a', /:3:5: an alias/],
    ['an unknown tag', 'issuers: !foo []', /:1:10: this is not YAML: Unresolved tag/],
    ['a list as a name', 'issuers:\n  - ? [a]\n    : b', /:2:7: a list or a mapping cannot be a name/],
    ['an empty list', 'issuers:', /issuers is empty/],
    ['conditions without a claim', file('issuer: https://x\nrules:\n  - when: {}'), /names no claim/],
    [
      'a number where claims have text',
      file('issuer: https://x\nrules:\n  - when: {project_id: 22}'),
      /quotation marks/,
    ],
    ['an empty value', file('issuer: https://x\nrules:\n  - when: {team: ""}'), /team is an empty string/],
    ['a misplaced *', file('issuer: https://x\nrules:\n  - when: {sub: "a*"}'), /“\*” is not allowed/],
    ['a malformed claim', file('issuer: https://x\nrules:\n  - when: {"//a": b}'), /not the name of a claim/],
    ['a size that is invalid', file('issuer: https://x\nrules:\n  - maxSize: -1'), /maxSize is not a size/],
    [
      'a flag that is not a boolean',
      file('issuer: https://x\nrules:\n  - noClobber: "yes"'),
      /neither true nor false/,
    ],
    [
      'a value of anyRepository that is not a boolean',
      file('issuer: https://x\nrules:\n  - anyRepository: "yes"'),
      /anyRepository is neither true nor false/,
    ],
    ['ID tokens of nobody', file(`issuer: https://x\ntoken: id\nrules:${RULE}`), /audience is missing/],
    ['an age of a year', file(`issuer: https://x\nmaxAge: 31536000\nrules:${RULE}`), /maxAge is not/],
    ['an age that is none', file(`issuer: https://x\nmaxAge: soon\nrules:${RULE}`), /maxAge is not/],
  ];
  for (const [name, text, message] of REFUSED) {
    it(`refuses ${name}, and prints the place once`, async () => {
      const once = ({ message: said }: Error) => said.split('trust.yaml:').length <= 2;
      const refused = withCode('usage', message);
      const isRight = (error: Error) => refused(error) && once(error);
      await assert.rejects(readTrustFile(text, 'trust.yaml'), isRight);
    });
  }
});
