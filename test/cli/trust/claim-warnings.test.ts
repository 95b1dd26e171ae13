import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { claimWarnings, openRuleWarnings } from '../../../cli/trust/claim-warnings.ts';
import { PRESETS } from '../../../cli/trust/presets.ts';
import { condition } from '../../../cli/trust/providers/trust-request.ts';
import type { TrustedIssuer } from '../../../infra/options.ts';
import type { Rule } from '../../../protocol/upload-rule.ts';
import { issuer } from './provider.ts';

const compares = (...claims: readonly string[]): Rule => ({
  when: claims.map((claim) => condition(claim, 'x')),
  writeTo: '{issuer}/{sub}/',
});

const writes = (writeTo: string): Rule => ({ when: [condition('roles', 'x')], writeTo });

const WHY = 'can change or be reassigned to somebody else';

const CASES: readonly (readonly [
  rule: Rule,
  settings: Partial<TrustedIssuer>,
  warning: string | undefined,
])[] = [
  ...['email', 'preferred_username', 'upn', 'unique_name', 'nickname', 'name'].flatMap((claim) => [
    [
      compares(claim),
      {},
      `Rule 1 of corp compares ${claim}, which ${WHY}. Compare sub instead, or groups.`,
    ] as const,
    [
      compares(claim),
      { preset: 'entra' },
      `Rule 1 of corp compares ${claim}, which ${WHY}. Compare oid instead, or roles.`,
    ] as const,
    [
      writes(`{issuer}/{${claim}}/`),
      claim === 'name' ? { name: [claim] } : {},
      `Rule 1 of corp writes below {${claim}}: `,
    ] as const,
    [
      writes('{issuer}/{sub}/'),
      { name: [claim] },
      `Uploads of corp are stamped with ${claim}, which ${WHY}. To stamp them with an id: --name sub`,
    ] as const,
  ]),
  [{ ...compares('email'), writeTo: 'x/' }, { preset: 'okta' }, 'Compare uid instead'],
  [compares('email'), { preset: 'okta', token: 'id' }, 'Compare sub instead'],
  [compares('email'), { preset: 'google', token: 'id', name: ['email'] }, 'Compare sub instead'],
  [
    { when: [{ claim: ['user', 'email'], is: ['x'] }], writeTo: 'x/' },
    {},
    `Rule 1 of corp compares /user/email, which ${WHY}.`,
  ],
  [
    writes('home/{name}/'),
    { preset: 'keycloak', name: ['preferred_username'] },
    `Rule 1 of corp writes below {name}: the claim preferred_username, which ${WHY}. Write below {sub} instead.`,
  ],
  [
    writes('home/{username}/'),
    { preset: 'entra', name: ['upn'] },
    `{username}: the claim upn, which ${WHY}. Write below {oid} instead.`,
  ],
  [compares('email'), { kind: 'workload', preset: 'gcp' }, 'Compare sub instead.'],
  [
    compares('repository_owner'),
    { kind: 'workload', preset: 'github' },
    'Compare repository_owner_id instead.',
  ],
  [compares('project_path'), { kind: 'workload', preset: 'gitlab' }, 'Compare project_id instead.'],
  // Claims that stay with one person or one workload.
  [compares('sub', 'roles', 'groups', 'hd'), {}, undefined],
  [compares('oid'), { preset: 'entra', name: ['oid'] }, undefined],
  [compares('email', 'sub'), {}, undefined],
  [compares('repository', 'repository_id'), { kind: 'workload', preset: 'github' }, undefined],
  // The login of an Okta user can pass to somebody else. In ID tokens, sub is the id.
  [
    { writeTo: PRESETS.okta.writeTo },
    { preset: 'okta', name: ['sub'] },
    `Rule 1 of corp writes below {sub}: a claim that ${WHY}. Write below {uid} instead.`,
  ],
  [compares('sub'), { preset: 'okta', token: 'id' }, undefined],
  [writes('{issuer}/{uid}/'), { preset: 'okta', name: ['sub'] }, undefined],
  // The usual settings of a provider.
  ...(['keycloak', 'google', 'entra', 'auth0', 'oidc', 'github', 'gitlab', 'gcp'] as const).map((preset) => {
    const { kind, name, token, writeTo } = PRESETS[preset];
    return [{ writeTo }, { preset, kind, name, token }, undefined] as const;
  }),
];

describe('S warnings of claims that can pass to another person', () => {
  for (const [rule, settings, warning] of CASES) {
    const { preset = 'oidc', name } = settings;
    const claims = rule.when?.map(({ claim }) => claim.join('/')).join(' and ');
    it(`${preset}: ${claims ?? 'every caller'}, to ${rule.writeTo}, named ${name ?? 'sub'}`, () => {
      const warnings = claimWarnings(issuer('corp', [rule], settings));
      assert.equal(warnings.length, warning === undefined ? 0 : 1, String(warnings));
      assert.ok(String(warnings).includes(warning ?? ''), String(warnings));
    });
  }

  it('warns of a rule for every caller beside a new rule with conditions', () => {
    const open: Rule = { writeTo: '{issuer}/{sub}/' };
    const before = issuer('corp', [open]);
    const both = issuer('corp', [compares('sub'), open]);
    assert.match(
      String(openRuleWarnings(before, both)),
      /^Rule 2 of corp still allows every caller to upload\./,
    );
    assert.deepEqual(openRuleWarnings(both, both), []);
    assert.deepEqual(openRuleWarnings(both, before), []);
    assert.deepEqual(openRuleWarnings(before, issuer('corp', [compares('sub')])), []);
    assert.deepEqual(openRuleWarnings(undefined, both), [], 'a file has both');
  });

  it('counts rules as trust show does', () => {
    const warnings = claimWarnings(issuer('corp', [compares('sub'), compares('email'), compares('upn')]));
    assert.deepEqual(
      warnings.map((one) => one.slice(0, 14)),
      ['Rule 2 of corp', 'Rule 3 of corp'],
    );
  });
});
