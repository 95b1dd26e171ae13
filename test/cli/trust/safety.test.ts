import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createIssuer, type TrustFlags } from '../../../cli/trust/create-issuer.ts';
import { mergeIssuer, withoutIssuer } from '../../../cli/trust/merge-issuer.ts';
import { PRESET_NAMES, PRESETS } from '../../../cli/trust/presets.ts';
import { condition, type TrustRequest } from '../../../cli/trust/providers/trust-request.ts';
import { poolWarnings, requireSafe } from '../../../cli/trust/safety.ts';
import type { StackOptions, TrustedIssuer } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { withCode } from '../transfer/helpers/uploading.ts';
import { issuer } from './provider.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';

function refuse(options: StackOptions, message: RegExp, hint?: RegExp): void {
  assert.throws(() => requireSafe(options), withCode('usage', message, hint));
}

describe('what a deployment may trust', () => {
  it('lets issuers write under their own prefixes', () => {
    requireSafe({
      trust: [
        issuer('corp', [{ writeTo: '{issuer}/{sub}/' }]),
        issuer('other', [
          { writeTo: '{issuer}/{sub}/' },
          { when: [condition('a', 'b')], writeTo: 'other-too/' },
        ]),
      ],
    });
  });

  it('lets one issuer use a claim without its alias if there is no pool', () => {
    requireSafe({ userPool: false, trust: [issuer('corp', [{ writeTo: '{sub}/' }])] });
  });

  const SHARED: readonly (readonly [string, string])[] = [
    ['{sub}/', '{sub}/'],
    ['files/', 'files/{sub}/'],
    ['files/', 'files/'],
    ['fil', 'files/'],
    ['{issuer}/', 'corp/{sub}/'],
  ];
  for (const [one, other] of SHARED) {
    const trust = (shared: boolean) => [
      issuer('corp', [{ writeTo: one }]),
      issuer('other', [{ writeTo: other, ...(shared ? { shared } : {}) }]),
    ];
    it(`refuses ${one} beside ${other} of another issuer, unless sharing is confirmed`, () => {
      refuse({ userPool: false, trust: trust(false) }, /could write the same keys/, /--shared/);
      requireSafe({ userPool: false, trust: trust(true) });
    });
  }

  it('refuses an issuer that writes any key beside another', () => {
    refuse({ trust: [issuer('corp', [{}]), issuer('other', [{ writeTo: 'x/' }])] }, /any key/);
  });

  for (const [pool, writeTo] of [
    ['{username}/', '{sub}/'],
    ['users/{sub}/', 'users/{name}/'],
    ['home/{username}/', '{team}/{sub}/'],
    ['{username}/{group}/', '{sub}/staff/'],
    ['{group}/{username}/', 'staff/{sub}/'],
    ['home/{username}/', 'home/'],
  ] as const) {
    it(`refuses ${writeTo} if users of the pool write ${pool}`, () => {
      const trust = (shared: boolean) => [issuer('corp', [{ writeTo, ...(shared ? { shared } : {}) }])];
      refuse({ writeTo: pool, trust: trust(false) }, /could write the same keys/, /\{issuer\}\//);
      requireSafe({ writeTo: pool, trust: trust(true) });
    });
  }

  it('warns if users of the pool can write the keys of an issuer', () => {
    const corp = issuer('corp', [{ writeTo: '{issuer}/{sub}/' }]);
    assert.match(String(poolWarnings([corp], {})), /any key, those of corp too/);
    const press = issuer('press', [{ writeTo: 'press/' }]);
    assert.match(String(poolWarnings([corp, press], {})), /those of corp, press too/);
    assert.match(String(poolWarnings([corp], { writeTo: '{username}/' })), /“\{username\}\/”/);
    assert.deepEqual(poolWarnings([corp], { writeTo: 'users/{username}/' }), []);
    assert.deepEqual(poolWarnings([corp], { userPool: false }), []);
  });

  it('refuses one issuer under two aliases', () => {
    const twice = [
      issuer('corp', [{ writeTo: 'a/' }]),
      issuer('other', [{ writeTo: 'b/' }], { iss: ['https://corp.example'] }),
    ];
    refuse({ trust: twice }, /trusted twice for the same audience: as corp and as other/, /--alias corp/);
  });

  it('accepts people and jobs of one provider as two issuers with different audiences', () => {
    const people = issuer('corp', [{ writeTo: 'a/' }], { audiences: ['client'] });
    const jobs = (more: Partial<TrustedIssuer> = {}) =>
      issuer('jobs', [{ writeTo: 'b/' }], { iss: people.iss, kind: 'workload', ...more });
    requireSafe({ trust: [people, jobs()] });
    requireSafe({ trust: [people, jobs({ audiences: ['other'] })] });
    refuse({ trust: [people, jobs({ audiences: ['x', 'client'] })] }, /same audience/, /--audience/);
    const named = issuer('corp', [{ writeTo: 'a/' }], { audiences: ['https://up.example.com'] });
    requireSafe({ trust: [named, jobs()] });
    refuse({ domain: 'up.example.com', trust: [named, jobs()] }, /same audience/);
  });

  it('refuses one alias for two issuers', () => {
    const other = issuer('corp', [{ writeTo: 'b/' }], { iss: ['https://other.example'] });
    refuse({ trust: [issuer('corp', [{ writeTo: 'a/' }]), other] }, /Two issuers have the alias corp/);
  });

  for (const alias of ['cognito', 'edge', 'link', 'key']) {
    it(`refuses the reserved alias “${alias}” by name`, () =>
      refuse(
        { trust: [issuer(alias, [{ writeTo: 'a/' }])] },
        new RegExp(`“${alias}” for --alias: edge-upload reserves that name`),
      ));
  }

  for (const alias of ['Corp', '1st', '', 'a'.repeat(33), 'a_b']) {
    it(`refuses the alias “${alias}”`, () =>
      refuse({ trust: [issuer(alias, [{ writeTo: 'a/' }])] }, /--alias: it is not a short name/));
  }

  const PREFIXES: readonly (readonly [string, RegExp])[] = [
    ['{sub}-x/', /whole segment/],
    ['a{sub}/', /whole segment/],
    ['{}/', /whole segment/],
    ['/a/', /a key with this prefix/],
    ['a//b/', /a key with this prefix/],
    ['../', /a key with this prefix/],
    ['.well-known/', /reserved/],
    ['{group}/', /provider have no groups/],
  ];
  for (const [writeTo, message] of PREFIXES) {
    it(`refuses the prefix ${writeTo}`, () => refuse({ trust: [issuer('corp', [{ writeTo }])] }, message));
  }

  const UNOWNED: readonly (readonly [iss: string, claims: readonly string[]])[] = [
    [GITHUB, []],
    [GITHUB, ['repository']],
    [GITHUB, ['sub']],
    [`${GITHUB}/enterprise`, ['ref']],
    ['https://gitlab.com', ['project_path']],
    ['https://agent.buildkite.com', ['organization_slug']],
    ['https://oidc.circleci.com', []],
    ['https://accounts.google.com', []],
    ['https://accounts.google.com/', ['email']],
    ['https://app.terraform.io', ['sub']],
    ['https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0', []],
    ['https://login.microsoftonline.com/9188040D-6C67-4C5B-B112-36A304B66DAD/v2.0', []],
    ['https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0', ['tid', 'email']],
    ['https://sts.windows.net/9188040d-6c67-4c5b-b112-36a304b66dad/', ['tid']],
    ['https://sts.windows.net/9188040d-6c67-4c5b-b112-36a304b66dad', []],
    ['https://login.microsoftonline.com/common/v2.0', ['tid', 'sub']],
    ['https://login.microsoftonline.com/Organizations/v2.0', ['tid']],
    ['https://login.microsoftonline.com/consumers/v2.0', ['sub']],
    ['https://login.microsoftonline.com/{tenantid}/v2.0', ['tid']],
    ['https://login.microsoftonline.us/common/v2.0', ['tid']],
    ['https://sts.windows.net/common/', ['tid']],
    ['https://Token.Actions.GitHubUserContent.com', ['ref']],
    ['https://GitLab.com/', ['ref']],
    ['https://appleid.apple.com', []],
    ['https://slack.com', ['email']],
  ];
  for (const [iss, claims] of UNOWNED) {
    it(`refuses ${iss} with ${claims.join(', ') || 'no claim'} alone: everybody has such tokens`, () => {
      const when = claims.map((claim) => condition(claim, 'x'));
      refuse({ trust: [issuer('corp', [{ when, writeTo: 'a/' }], { iss: [iss] })] }, /anybody could upload/);
    });
  }
});

describe('issuers of one organisation', () => {
  const trusted = (iss: string, claims: readonly string[], settings: Partial<TrustedIssuer>) => ({
    trust: [
      issuer('own', [{ when: claims.map((claim) => condition(claim, 'x')), writeTo: 'a/' }], {
        iss: [iss],
        ...settings,
      }),
    ],
  });

  for (const [iss, preset, hint] of [
    ['https://abc.tokens.sts.global.api.aws', 'oidc', /--when sub=arn/],
    ['https://sso.example', 'aws', /--when sub=arn/],
    ['https://oidc.eks.us-east-1.amazonaws.com/id/A1', 'oidc', /serviceaccount/],
    ['https://container.googleapis.com/v1/projects/p/locations/l/clusters/c', 'oidc', /serviceaccount/],
    ['https://eastus.oic.prod-aks.azure.com/a/b/', 'oidc', /serviceaccount/],
    ['https://k8s.example', 'kubernetes', /serviceaccount/],
    ['https://api.bitbucket.org/2.0/workspaces/a/pipelines-config/identity/oidc', 'oidc', /trust bitbucket/],
  ] as const) {
    it(`refuses a rule of ${iss} (${preset}) without a workload`, () => {
      const settings = { preset, kind: 'workload' } as const;
      for (const claims of [[], ['aud', 'iss']]) {
        refuse(trusted(iss, claims, settings), /issues tokens for all .*: each could upload/, hint);
      }
      requireSafe(trusted(iss, ['sub'], settings));
    });
  }

  it('accepts a CircleCI rule for all projects of an organisation', () => {
    requireSafe(trusted('https://oidc.circleci.com/org/7', [], { preset: 'circleci', kind: 'workload' }));
  });

  for (const [iss, preset] of [
    ['https://acme.okta.com', 'okta'],
    ['https://acme.okta.com', 'oidc'],
    ['https://acme.oktapreview.com/', 'oidc'],
    ['https://login.acme.example', 'okta'],
  ] as const) {
    it(`refuses access tokens of the Okta organisation ${iss} (${preset})`, () => {
      refuse(trusted(iss, [], { preset }), /are for Okta itself/, /oauth2\/default/);
      requireSafe(trusted(iss, [], { preset, token: 'id', audiences: ['cli'] }));
      requireSafe(trusted(`${iss.replace(/\/$/, '')}/oauth2/default`, [], { preset }));
    });
  }
});

describe('a client secret that is public', () => {
  const secret = {
    clientId: 'cli',
    clientSecretPublic: 'GOCSPX-a',
    token: 'id',
    audiences: ['cli'],
  } as const;
  const google = (settings: Partial<TrustedIssuer>) => ({
    trust: [
      issuer('people', [{ when: [condition('hd', 'a.example')], writeTo: 'a/' }], {
        iss: ['https://accounts.google.com'],
        preset: 'google',
        ...secret,
        ...settings,
      }),
    ],
  });

  it('is kept for a Google desktop client', () => requireSafe(google({})));

  for (const preset of PRESET_NAMES.filter((name) => name !== 'google')) {
    it(`is refused for ${preset}, because the edge would publish it`, () => {
      const { kind } = PRESETS[preset];
      const trust = [
        issuer('corp', [{ when: [condition('sub', 'x')], writeTo: 'a/' }], { preset, kind, ...secret }),
      ];
      const said = preset === 'github' || preset === 'gitlab' ? /./ : /would show to everybody/;
      refuse({ trust }, said);
    });
  }

  it('is refused without a client, and with invalid characters', () => {
    const { clientId, ...rest } = google({}).trust[0] ?? assert.fail();
    refuse({ trust: [rest] }, /without a client/, /--client-id/);
    assert.equal(clientId, 'cli');
    refuse(google({ clientSecretPublic: 'a b' }), /has characters/);
  });

  it('belongs to one client, and is kept with it', () => {
    const request: TrustRequest = {
      preset: 'google',
      iss: ['https://accounts.google.com'],
      when: [condition('hd', 'a.example')],
    };
    const flags = { clientId: 'a', clientSecretPublic: 'GOCSPX-a' };
    const known = make(flags, request);
    const secretAfter = (more: TrustFlags) => createIssuer(request, more, FOUND, known).clientSecretPublic;
    assert.equal(known.clientSecretPublic, 'GOCSPX-a');
    assert.equal(secretAfter({}), 'GOCSPX-a');
    assert.equal(secretAfter({ clientId: 'b' }), undefined);
    assert.equal(secretAfter({ clientId: 'b', clientSecretPublic: 'GOCSPX-b' }), 'GOCSPX-b');
    assert.throws(
      () => make({ ...flags, clientSecretPublic: '' }, request),
      withCode('usage', /secret-public/),
    );
  });
});

describe('issuers of jobs', () => {
  const ci = (iss: string, claims: readonly string[], settings: Partial<TrustedIssuer> = {}) => ({
    trust: [
      issuer('ci', [{ when: claims.map((claim) => condition(claim, '7')), writeTo: 'a/' }], {
        iss: [iss],
        kind: 'workload',
        ...settings,
      }),
    ],
  });
  const OWN = ['https://github.acme.example/_services/token', 'https://token.actions.acme.ghe.com'];
  for (const iss of [GITHUB, `${GITHUB}/acme`, ...OWN]) {
    it(`refuses a rule without an event for ${iss}: strangers’ pull requests start jobs`, () => {
      refuse(ci(iss, ['repository_id']), /Rule 1 of ci has no condition on event_name/, /trust github/);
      requireSafe(ci(iss, ['repository_id', 'event_name']));
    });
  }

  it('refuses a rule without an event for any issuer of GitHub', () => {
    refuse(ci('https://ci.example', ['repository_id'], { preset: 'github' }), /event_name/);
  });

  for (const [iss, preset] of [
    ...[GITHUB, `${GITHUB}/acme`, ...OWN].map((one) => [one, 'oidc'] as const),
    ['https://ci.example', 'github'],
  ] as const) {
    it(`refuses a rule on sub for ${iss} (${preset}): repositories can change its format`, () => {
      const claims = ['repository_id', 'event_name'];
      refuse(ci(iss, [...claims, 'sub'], { preset }), /must not compare sub/, /--branch/);
      requireSafe(ci(iss, claims, { preset }));
    });
  }

  const whole = (
    iss: string,
    claims: readonly string[],
    word: object,
    settings: Partial<TrustedIssuer> = {},
  ) => {
    const when = claims.map((claim) => condition(claim, '7'));
    const settled = { iss: [iss], kind: 'workload', ...settings } as const;
    return { trust: [issuer('ci', [{ when, writeTo: 'a/', ...word }], settled)] };
  };
  const OF_OWNER: readonly (readonly [string, readonly string[], string, string, Partial<TrustedIssuer>?])[] =
    [
      ...[GITHUB, `${GITHUB}/acme`, ...OWN].map(
        (iss) => [iss, ['repository_owner_id', 'event_name'], 'anyRepository', 'repository_id'] as const,
      ),
      [GITHUB, ['repository_owner_id', 'event_name', 'environment', 'ref'], 'anyRepository', 'repository_id'],
      ['https://ci.example', ['event_name'], 'anyRepository', 'repository_id', { preset: 'github' }],
      ['https://gitlab.com', ['namespace_id'], 'anyProject', 'project_id'],
      ['https://git.acme.example', ['namespace_id', 'ref'], 'anyProject', 'project_id', { preset: 'gitlab' }],
      ['https://git.acme.example', ['ref_protected'], 'anyProject', 'project_id', { preset: 'gitlab' }],
    ];
  for (const [iss, claims, word, one, settings] of OF_OWNER) {
    it(`refuses ${claims.join(', ')} of ${iss} without ${word}: it matches all of an owner`, () => {
      const file = new RegExp(`${one}.*“${word}: true”[^]*trust --file`);
      refuse(whole(iss, claims, {}, settings), /Rule 1 of ci names no (repository|project)/, file);
      refuse(whole(iss, claims, { [word]: false }, settings), /names no/);
      requireSafe(whole(iss, claims, { [word]: true }, settings));
      requireSafe(whole(iss, [...claims, one], {}, settings));
      refuse(
        whole(iss, [...claims, one], { [word]: true }, settings),
        new RegExp(`has ${word}, but names one`),
      );
    });
  }

  for (const [iss, claims, word, settings] of [
    ['https://corp.example', ['sub'], 'anyRepository', { kind: 'people' }],
    ['https://gitlab.com', ['project_id'], 'anyRepository', {}],
    [GITHUB, ['repository_id', 'event_name'], 'anyProject', {}],
  ] as const) {
    it(`refuses ${word} in a rule of ${iss}, where it has no effect`, () =>
      refuse(
        whole(iss, claims, { [word]: true }, settings),
        new RegExp(`has ${word}, which is for jobs of`),
      ));
  }

  it('keeps the confirmation of the command line in the rule', () => {
    const github: TrustRequest = {
      preset: 'github',
      iss: [GITHUB],
      when: [condition('repository_owner_id', '5'), condition('event_name', 'push')],
      whole: { anyRepository: true },
      note: 'acme',
    };
    const trusted = make({}, github);
    assert.equal(trusted.rules[0]?.anyRepository, true);
    requireSafe({ trust: [trusted] });
  });

  for (const [iss, claims, command] of [
    [GITHUB, ['repository_id', 'event_name'], /trust github/],
    ['https://github.acme.example/_services/token', ['event_name'], /trust github/],
    ['https://gitlab.com', ['project_id'], /trust gitlab/],
    ['https://agent.buildkite.com', ['organization_id'], /trust buildkite/],
    ['https://oidc.circleci.com/org/7', ['aud'], /trust circleci/],
    [
      'https://api.bitbucket.org/2.0/workspaces/a/pipelines-config/identity/oidc',
      ['repositoryUuid'],
      /trust bitbucket/,
    ],
  ] as const) {
    it(`refuses ${iss} as an issuer of people`, () =>
      refuse(ci(iss, claims, { kind: 'people' }), /tokens for jobs of .*, not for people/, command));
  }
});

const corp: TrustRequest = { preset: 'oidc', iss: ['https://id.example.com'], when: [] };
const FOUND = { jwksUri: 'https://id.example.com/keys' };
const make = (flags: TrustFlags, request: TrustRequest = corp, found: object = {}) =>
  createIssuer(request, flags, { ...FOUND, ...found });

describe('S an issuer from a command line', () => {
  it('keeps where people get tokens; of jobs only the keys', () => {
    const found = { tokenOrigin: 'https://tokens.example.net' };
    assert.equal(make({ clientId: 'cli' }, corp, found).tokenOrigin, found.tokenOrigin);
    const job: TrustRequest = { preset: 'kubernetes', iss: ['https://cluster.example.com'], when: [] };
    assert.equal(make({}, job, found).tokenOrigin, undefined);
  });

  it('has the settings of its provider', () => {
    assert.deepEqual(make({ clientId: 'cli' }), {
      alias: 'oidc',
      kind: 'people',
      preset: 'oidc',
      iss: ['https://id.example.com'],
      jwksUri: FOUND.jwksUri,
      token: 'access',
      clientId: 'cli',
      scopes: ['openid', 'profile', 'offline_access'],
      name: ['sub'],
      groups: ['groups'],
      maxAge: 86_400,
      rules: [{ writeTo: '{issuer}/{sub}/' }],
    });
  });

  it('takes the typed settings', () => {
    const { rules, ...settings } = make({
      alias: 'corp',
      audience: ['api://x'],
      name: 'email',
      groups: '/realm_access/roles',
      when: ['roles=a', 'roles=b'],
      writeTo: 'corp/{group}/',
      maxSize: '5G',
      clobber: false,
      shared: true,
    });
    assert.deepEqual(rules, [
      {
        when: [{ claim: ['roles'], is: ['a', 'b'] }],
        writeTo: 'corp/{group}/',
        maxSize: 5 * 1024 ** 3,
        noClobber: true,
        shared: true,
      },
    ]);
    assert.deepEqual(settings.audiences, ['api://x']);
    assert.deepEqual(settings.name, ['email']);
    assert.deepEqual(settings.groups, ['realm_access', 'roles']);
  });

  it('requests no scope that the issuer lacks', () => {
    assert.deepEqual(make({}, corp, { scopesSupported: ['openid'] }).scopes, ['openid', 'profile']);
  });

  it('has the client as the audience of ID tokens', () => {
    assert.deepEqual(make({ token: 'id', clientId: 'cli' }).audiences, ['cli']);
    assert.throws(() => make({ token: 'id' }), withCode('usage', /--client-id or --audience/));
  });

  it('accepts both names of an Entra API, and the scope that requests it', () => {
    const id = '00001111-aaaa-2222-bbbb-3333cccc4444';
    const { audiences, scopes } = make({ clientId: id }, { ...corp, preset: 'entra' });
    assert.deepEqual(audiences, [id, `api://${id}`]);
    assert.ok(scopes?.includes(`${id}/.default`));
    assert.throws(() => make({}, { ...corp, preset: 'entra' }), withCode('usage', /--client-id/));
  });

  it('has no scopes and no client for workloads', () => {
    const { scopes, audiences, kind } = make(
      {},
      { ...corp, preset: 'github', when: [condition('repository_id', '7')] },
    );
    assert.deepEqual([scopes, audiences, kind], [undefined, undefined, 'workload']);
  });

  for (const [flags, message] of [
    [{ token: 'refresh' }, /--token/],
    [{ maxSize: 'huge' }, /--max-size/],
    [{ name: ' ' }, /--name/],
    [{ groups: '//' }, /--groups/],
    [{ when: ['x'] }, /--when/],
    [{ writeTo: '{x' }, /--write-to/],
    [{ writeTo: '' }, /--write-to/],
    [{ audience: [''] }, /--audience/],
    [{ clientId: '' }, /--client-id/],
  ] as const) {
    it(`refuses ${JSON.stringify(flags)}`, () => {
      assert.throws(() => make(flags), withCode('usage', message));
    });
  }
});

describe('S an issuer beside trusted ones', () => {
  const rule = (value: string) => ({ when: [condition('roles', value)], writeTo: `${value}/` });
  const typed = (value: string): TrustFlags => ({ when: [`roles=${value}`], writeTo: `${value}/` });
  const at = (iss: string): TrustRequest => ({ preset: 'oidc', iss: [iss], when: [] });
  const merge = (kept: readonly TrustedIssuer[], request: TrustRequest, flags: TrustFlags = {}) =>
    mergeIssuer(kept, request, flags, FOUND);

  it('is added at the end', () => {
    const kept = [issuer('a', [rule('x')])];
    const flags = { ...typed('y'), alias: 'b' };
    assert.deepEqual(merge(kept, corp, flags), [...kept, make(flags)]);
  });

  it('adds a rule to an issuer of the same address, and keeps its settings', () => {
    const kept = [issuer('corp', [rule('x')], { audiences: ['api://x'], maxAge: 600 })];
    assert.deepEqual(merge(kept, at('https://corp.example'), typed('y')), [
      issuer('corp', [rule('x'), rule('y')], {
        audiences: ['api://x'],
        maxAge: 600,
        jwksUri: FOUND.jwksUri,
      }),
    ]);
  });

  it('is another client of the same provider, if the audiences differ', () => {
    const kept = [make({ ...typed('x'), alias: 'corp', token: 'id', clientId: 'a' })];
    const other = { ...typed('y'), alias: 'shop', token: 'id', clientId: 'b' };
    const both = merge(kept, corp, other);
    assert.deepEqual(both, [...kept, make(other)]);
    requireSafe({ trust: both });
    const more = merge(both, corp, { ...typed('z'), alias: 'shop' });
    assert.deepEqual(more[1]?.rules, [rule('y'), rule('z')]);
    assert.throws(() => merge(both, corp, typed('z')), withCode('usage', /is trusted as corp, shop\./));
    assert.throws(
      () => merge(kept, corp, { ...other, clientId: 'a' }),
      withCode('usage', /is already trusted, as corp\./),
    );
  });

  const CUSTOM: TrustedIssuer = {
    ...make({ alias: 'corp', token: 'id', clientId: 'a', name: 'email', groups: 'roles' }),
    iss: [...corp.iss, 'https://old.example.com'],
    scopes: ['openid', 'email'],
    maxAge: 600,
  };
  const ENTRA: TrustRequest = { ...corp, preset: 'entra' };
  const [API, CLIENT] = ['00001111-aaaa-2222-bbbb-3333cccc4444', '99991111-aaaa-2222-bbbb-3333cccc4444'];
  const OF_API = [API, `api://${API}`];
  const CHANGES: readonly (readonly [string, TrustRequest, TrustedIssuer, TrustFlags, object])[] = [
    ['groups', corp, CUSTOM, { groups: 'teams' }, { groups: ['teams'] }],
    ['the name', corp, CUSTOM, { name: 'sub' }, { name: ['sub'] }],
    [
      'the client, with the audience of ID tokens',
      corp,
      CUSTOM,
      { clientId: 'b' },
      { clientId: 'b', audiences: ['b'] },
    ],
    ['the audience', corp, CUSTOM, { audience: ['x', 'y'] }, { audiences: ['x', 'y'] }],
    [
      'the kind of tokens, with its audience',
      corp,
      CUSTOM,
      { token: 'access' },
      { token: 'access', audiences: undefined },
    ],
    [
      'the kind of tokens, with the known client',
      corp,
      { ...CUSTOM, token: 'access', audiences: ['api://x'] },
      { token: 'id' },
      { token: 'id', audiences: ['a'] },
    ],
    [
      'the client beside an API',
      corp,
      { ...CUSTOM, token: 'access', audiences: ['api://x'] },
      { clientId: 'b' },
      { clientId: 'b' },
    ],
    [
      'the audience of Entra, with its scope',
      ENTRA,
      make({ alias: 'corp', clientId: CLIENT }, ENTRA),
      { audience: [API] },
      { audiences: OF_API, scopes: ['openid', 'profile', 'offline_access', `${API}/.default`] },
    ],
    [
      'the client of Entra beside an API',
      ENTRA,
      make({ alias: 'corp', clientId: 'a', audience: [API] }, ENTRA),
      { clientId: CLIENT },
      { clientId: CLIENT },
    ],
    [
      'the client of Entra, with the audience that was the client',
      ENTRA,
      make({ alias: 'corp', clientId: CLIENT }, ENTRA),
      { clientId: API },
      {
        clientId: API,
        audiences: OF_API,
        scopes: ['openid', 'profile', 'offline_access', `${API}/.default`],
      },
    ],
    ['no setting', ENTRA, make({ alias: 'corp', audience: [API] }, ENTRA), {}, {}],
  ];
  for (const [what, request, known, flags, changed] of CHANGES) {
    it(`changes ${what}, and keeps other settings`, () => {
      const [merged] = merge([known], request, { ...flags, ...typed('y') });
      const { rules, ...settings } = { ...known, ...changed };
      assert.deepEqual(merged, { ...omitUndefined(settings), rules: [rule('y'), ...rules] });
    });
  }

  it('replaces a rule of the same conditions, and keeps a rule for every caller last', () => {
    const all = { writeTo: 'all/' };
    const kept = [issuer('corp', [rule('x'), all])];
    const [merged] = merge(kept, at('https://corp.example'), typed('y'));
    assert.deepEqual(merged?.rules, [rule('x'), rule('y'), all]);
    const [again] = merge(kept, at('https://corp.example'), { ...typed('x'), writeTo: 'z/' });
    assert.deepEqual(again?.rules, [{ ...rule('x'), writeTo: 'z/' }, all]);
  });

  it('is refused under an existing alias or address', () => {
    const kept = [issuer('corp', [rule('x')])];
    const same = at('https://corp.example');
    assert.throws(() => merge(kept, same, { alias: 'other' }), withCode('usage', /already trusted, as corp/));
    assert.throws(
      () => merge(kept, at('https://other.example'), { alias: 'corp' }),
      withCode('usage', /alias corp already belongs to https:\/\/corp\.example/),
    );
    assert.throws(() => merge(kept, same, { alias: 'edge' }), withCode('usage', /--alias/));
    const gcp = { ...same, preset: 'gcp' } as const;
    assert.deepEqual(
      merge(kept, gcp).map(({ alias, iss }) => [alias, iss]),
      [
        ['corp', same.iss],
        ['gcp', same.iss],
      ],
    );
    assert.throws(() => merge(kept, gcp, { alias: 'corp' }), withCode('usage', /alias corp already belongs/));
  });

  it('is removed, whole or one rule of it', () => {
    const trust = [issuer('a', [rule('x'), rule('y')]), issuer('b', [rule('z')])];
    const kept = { trust };
    assert.deepEqual(withoutIssuer(kept, 'a'), [trust[1]]);
    assert.deepEqual(withoutIssuer(kept, 'a', 1)[0]?.rules, [rule('y')]);
    assert.throws(() => withoutIssuer(kept, 'c'), withCode('not_found', /no issuer “c”/, /a, b/));
    assert.throws(() => withoutIssuer(kept, 'a', 3), withCode('not_found', /no rule 3/));
    assert.throws(() => withoutIssuer(kept, 'b', 1), withCode('usage', /only one rule/));
    assert.throws(() => withoutIssuer({}, 'a'), withCode('not_found', /no issuer “a”/, /only its user pool/));
    const withoutPool = { userPool: false };
    assert.throws(
      () => withoutIssuer(withoutPool, 'a'),
      withCode('not_found', /“a”/, /trusts no issuer; only/),
    );
  });
});
