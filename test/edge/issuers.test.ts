import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EdgeConfig, EdgeIssuer } from '../../edge/config.ts';
import { createHandler } from '../../edge/handler.ts';
import type { EdgeRequest } from '../../edge/request/viewer-request.ts';
import { createVerify } from '../../edge/token/verify.ts';
import type { Rule } from '../../protocol/upload-rule.ts';
import type { Claims } from '../support/keys/forge.ts';
import { configOf, issuerKey, ORIGIN, outside, SHARED_KEY, seconds, signed } from './support/issuers.ts';
import { accessToken, config as poolConfig } from './support/pool.ts';
import { plainHeaders, readResponse, viewerEvent } from './support/viewer.ts';

const OPERATIONS: readonly (readonly [method: string, query: string])[] = [
  ['PUT', ''],
  ['POST', '?uploads'],
  ['PUT', '?partNumber=1&uploadId=U'],
  ['POST', '?uploadId=U'],
  ['DELETE', '?uploadId=U'],
  ['GET', '?uploadId=U'],
  ['GET', '?uploads'],
];

interface Passed {
  readonly status: number;
  readonly code?: string;
  readonly message?: string;
  readonly headers: Record<string, string>;
}

/** Sends a request to an edge. Status 0: it is forwarded to S3. */
function edgeOf(config: EdgeConfig) {
  const verify = createVerify(config, { download: async () => Promise.reject(new Error('no network')) });
  const handle = createHandler({ config, verify, log: () => {} });
  return async (
    method: string,
    target: string,
    token: string,
    more: readonly string[] = [],
  ): Promise<Passed> => {
    const headers = [`Authorization: ${token}`, ...more];
    const answer = await handle(viewerEvent({ method, target, headers }));
    if (!('status' in answer)) return { status: 0, headers: plainHeaders((answer as EdgeRequest).headers) };
    const { status, headers: sent, body } = readResponse(answer);
    return { status, code: body.error ?? '', message: body.message ?? '', headers: sent };
  };
}

const token = (claims: Claims, header?: Claims, key = SHARED_KEY) =>
  signed(key, { aud: ORIGIN, sub: 'ada', iat: seconds(), exp: seconds() + 300, ...claims }, header);

const issuer = (name: string, changes: Partial<EdgeIssuer> = {}) =>
  outside({ alias: name, iss: [`https://${name}.example/`], ...changes });

test('separates uploads of two issuers’ callers with the same sub and name', async () => {
  const [left, right] = [issuerKey('ES256', 'k'), issuerKey('EdDSA', 'k')];
  const rules = [{ writeTo: '{issuer}/{sub}/' }];
  const pool = poolConfig({ writeTo: 'home/{username}/' });
  const config = {
    ...configOf(
      ...pool.issuers,
      issuer('left', { keys: [left.jwk], rules }),
      issuer('right', { keys: [right.jwk], rules }),
    ),
  };
  const send = edgeOf(config);
  const callers = {
    left: token({ iss: 'https://left.example/' }, {}, left),
    right: token({ iss: 'https://right.example/' }, {}, right),
    home: accessToken(),
  };
  for (const [name, given] of Object.entries(callers)) {
    for (const [method, query] of OPERATIONS) {
      for (const folder of Object.keys(callers)) {
        const { status, code } = await send(method, `/${folder}/ada/k${query}`, given);
        const expected = folder === name ? [0, undefined] : [403, 'forbidden_key'];
        assert.deepEqual([status, code], expected, `${name} ${method} ${folder}${query}`);
      }
    }
  }
  const { headers } = await send('PUT', '/left/ada/k', callers.left, ['x-amz-meta-uploaded-by: right:ada']);
  assert.equal(headers['x-amz-meta-uploaded-by'], 'left:ada');
  assert.equal((await send('PUT', '/home/ada/k', callers.home)).headers['x-amz-meta-uploaded-by'], 'ada');

  // An attacker has their own issuer, keys and claims, and knows the key ids of the others.
  const forged = [
    token({ iss: 'https://left.example/' }, {}, right),
    token({ iss: 'https://evil.example/' }, {}, right),
    token({ iss: 'https://left.example' }, {}, left),
    token({ iss: 'https://left.example/' }, { jwk: right.jwk, jku: 'https://evil.example/keys' }, right),
    token({ iss: 'https://right.example/', sub: '../left/ada' }, {}, right),
    token({ iss: 'https://right.example/', sub: 'ada/../../left/ada' }, {}, right),
  ];
  for (const [at, given] of forged.entries()) {
    for (const [method, query] of OPERATIONS) {
      const { status } = await send(method, `/left/ada/k${query}`, given);
      assert.ok(status >= 401 && status <= 403, `${at} ${method} ${query}`);
    }
  }
});

test('lists uploads only if no rule of any issuer lets another caller write', async () => {
  const list = async (mine: readonly Rule[], ...others: readonly EdgeIssuer[]) => {
    const send = edgeOf(configOf(issuer('corp', { rules: mine }), ...others));
    return (await send('GET', '/corp/ada/k?uploads', token({ iss: 'https://corp.example/' }))).status;
  };
  const own = { writeTo: '{issuer}/{sub}/' };
  assert.equal(await list([own]), 0);
  assert.equal(await list([own], issuer('ci', { rules: [own] })), 0);
  assert.equal(await list([own], issuer('ci', { rules: [{}] })), 403);
  assert.equal(await list([own], issuer('ci', { rules: [{ writeTo: '{repository}/' }] })), 403);
  assert.equal(await list([own, { when: [{ claim: ['admin'], is: ['true'] }] }]), 403);
  assert.equal(await list([{ writeTo: '{issuer}/{name}/' }]), 0);
  assert.equal(await list([{ writeTo: 'corp/' }]), 403);
  assert.equal(await list([own], ...poolConfig({}).issuers), 403);
});

test('adds the condition itself under a rule that forbids overwriting', async () => {
  const send = edgeOf(configOf(issuer('ci', { rules: [{ noClobber: true, maxSize: 10 }] })));
  const given = token({ iss: 'https://ci.example/' });
  const conditions = async (method: string, query: string, ...more: string[]) =>
    (await send(method, `/k${query}`, given, more)).headers['if-none-match'];
  assert.equal(await conditions('PUT', ''), '*');
  assert.equal(await conditions('PUT', '', 'If-None-Match: *'), '*');
  assert.equal(await conditions('POST', '?uploadId=U', 'x-amz-mp-object-size: 10'), '*');
  assert.equal(await conditions('POST', '?uploads'), undefined);
  assert.equal(await conditions('PUT', '?partNumber=1&uploadId=U'), undefined);
  assert.equal((await send('PUT', '/k', given, ['Content-Length: 11'])).code, 'too_large');
  assert.equal((await send('POST', '/k?uploadId=U', given)).code, 'size_required');
  assert.equal((await send('PUT', '/k', given, ['If-None-Match: "etag"'])).code, 'bad_header');
});

type Row = readonly [
  name: string,
  trusted: Partial<EdgeIssuer>,
  claims: Claims,
  /** The prefix that the caller is allowed to write, or code and message of the refusal. */
  expected: string | RegExp,
];

const TENANT = '5e2a1c3d-0000-4000-8000-3c0d3f6b7a11';
const entra = {
  preset: 'entra',
  iss: [`https://login.microsoftonline.com/${TENANT}/v2.0`],
  audiences: ['0f1e2d3c-api'],
  clientId: '0f1e2d3c-cli',
  name: ['oid'],
  groups: ['groups'],
} satisfies Partial<EdgeIssuer>;
const entraClaims = {
  iss: entra.iss[0],
  aud: '0f1e2d3c-api',
  azp: '0f1e2d3c-cli',
  oid: 'o-1',
  scp: 'Upload',
  tid: TENANT,
  ver: '2.0',
  preferred_username: 'ada@acme.com',
};
const inGroup = { when: [{ claim: ['groups'], is: ['g-1'] }], writeTo: '{issuer}/{name}/' };
const google = {
  preset: 'google',
  iss: ['https://accounts.google.com'],
  token: 'id',
  audiences: ['cli.apps.googleusercontent.com'],
  clientId: 'cli.apps.googleusercontent.com',
  rules: [{ when: [{ claim: ['hd'], is: ['acme.com'] }], writeTo: '{issuer}/{sub}/' }],
} satisfies Partial<EdgeIssuer>;
const googleClaims = {
  iss: google.iss[0],
  aud: google.clientId,
  azp: google.clientId,
  at_hash: 'h',
  email: 'ada@acme.com',
  email_verified: true,
};
const github = {
  alias: 'github',
  kind: 'workload',
  preset: 'github',
  token: 'id',
  iss: ['https://token.actions.githubusercontent.com'],
  name: ['repository'],
  rules: [
    {
      when: [
        { claim: ['repository_id'], is: ['74'] },
        { claim: ['repository_owner_id'], is: ['65'] },
        { claim: ['ref'], is: ['refs/heads/main', 'refs/tags/v*'] },
        { claim: ['event_name'], is: ['push', 'workflow_dispatch', 'schedule', 'release', 'create'] },
        { claim: ['runner_environment'], is: ['github-hosted'] },
      ],
      writeTo: 'ci/{repository}/',
    },
  ],
} satisfies Partial<EdgeIssuer>;
const githubClaims = {
  iss: github.iss[0],
  sub: 'repo:acme@65/app@74:ref:refs/heads/main',
  repository: 'acme/app',
  repository_id: '74',
  repository_owner: 'acme',
  repository_owner_id: '65',
  ref: 'refs/heads/main',
  event_name: 'push',
  runner_environment: 'github-hosted',
  job_workflow_ref: 'acme/app/.github/workflows/ci.yml@refs/heads/main',
};
const workload = (
  iss: string,
  when: Rule['when'] = [],
  writeTo = 'ci/',
  name = ['sub'],
): Partial<EdgeIssuer> => ({
  kind: 'workload',
  token: 'id',
  iss: [iss],
  name,
  rules: [{ when, writeTo }],
});
const differs = (...claims: string[]) =>
  `forbidden_caller: No rule matches the token. Claims that differ: ${claims.join(', ')}.`;

const UNVERIFIED = 'The e-mail address in the token is not verified. Verify it at the provider.';

/** Claims as each provider and CI publishes them. */
const ROWS: readonly Row[] = [
  ['Entra v2', { ...entra, rules: [{ writeTo: '{issuer}/{name}/' }] }, entraClaims, 'corp/o-1/'],
  [
    'Entra, an application',
    entra,
    { ...entraClaims, scp: undefined, azpacr: '1', roles: ['Up'] },
    'corp/ada/',
  ],
  [
    'Entra, an application that says so',
    entra,
    { ...entraClaims, scp: undefined, idtyp: 'app', roles: ['Up'] },
    'corp/ada/',
  ],
  ['Entra v1, an application', entra, { ...entraClaims, scp: undefined, appidacr: '2' }, 'corp/ada/'],
  ['Entra, no scopes', entra, { ...entraClaims, scp: '' }, /^wrong_token_kind/],
  [
    'Entra, roles and a client alone',
    entra,
    { ...entraClaims, scp: undefined, roles: ['Up'] },
    /^wrong_token_kind/,
  ],
  [
    'Entra, an ID token with the same aud',
    entra,
    { ...entraClaims, scp: undefined, azp: undefined, roles: ['Up'] },
    /^wrong_token_kind/,
  ],
  [
    'Entra, a token for Graph',
    entra,
    { ...entraClaims, aud: '00000003-0000-0000-c000-000000000000' },
    /^wrong_audience: .*for Microsoft Graph\. In Entra, request a scope of your own API\.$/,
  ],
  [
    'Entra v1',
    entra,
    { ...entraClaims, iss: `https://sts.windows.net/${TENANT}/` },
    /^unknown_issuer: .*other token version. Set accessTokenAcceptedVersion/,
  ],
  [
    'Entra, another tenant',
    entra,
    { ...entraClaims, iss: 'https://login.microsoftonline.com/other/v2.0' },
    'unknown_issuer: This edge does not trust the issuer of the token.',
  ],
  ['Entra, another client', entra, { ...entraClaims, azp: 'graph-explorer' }, /^wrong_client/],
  ['Entra, a group', { ...entra, rules: [inGroup] }, { ...entraClaims, groups: ['g-1'] }, 'corp/o-1/'],
  [
    'Entra, another group',
    { ...entra, rules: [inGroup] },
    { ...entraClaims, groups: ['g-2'] },
    /^forbidden_group: You are in no group/,
  ],
  [
    'Entra, too many groups',
    { ...entra, rules: [inGroup] },
    { ...entraClaims, _claim_names: { groups: 'src1' }, _claim_sources: {} },
    /^forbidden_group: .*more groups than a token contains\. Use app roles/,
  ],
  [
    'Entra, too many groups and a rule for all',
    { ...entra, rules: [inGroup, {}] },
    { ...entraClaims, hasgroups: true },
    /^forbidden_group: .*app roles/,
  ],
  [
    'Entra, too many groups, where the groups of the issuer are its roles',
    { ...entra, groups: ['roles'], rules: [inGroup, {}] },
    { ...entraClaims, _claim_names: { groups: 'src1' } },
    /^forbidden_group: .*app roles/,
  ],
  [
    'Entra, too many groups, where the issuer has none',
    { ...entra, groups: [], rules: [inGroup, {}] },
    { ...entraClaims, hasgroups: true },
    /^forbidden_group: .*app roles/,
  ],
  [
    'Entra, too many groups that no rule needs',
    entra,
    { ...entraClaims, _claim_names: { groups: 'src1' } },
    'corp/ada/',
  ],
  [
    'Okta',
    {
      audiences: ['api://default'],
      clientId: 'cli',
      iss: ['https://acme.okta.com/oauth2/default'],
      name: ['uid'],
    },
    {
      iss: 'https://acme.okta.com/oauth2/default',
      aud: 'api://default',
      cid: 'cli',
      uid: '00u1',
      scp: ['upload', 'openid'],
      ver: 1,
    },
    'corp/ada/',
  ],
  [
    'Okta, the org server',
    { iss: ['https://acme.okta.com/oauth2/default'] },
    { iss: 'https://acme.okta.com' },
    /^unknown_issuer/,
  ],
  [
    'Auth0',
    {
      preset: 'auth0',
      audiences: ['https://api.acme.com'],
      clientId: 'cli',
      iss: ['https://acme.eu.auth0.com/'],
    },
    {
      iss: 'https://acme.eu.auth0.com/',
      sub: 'auth0|64',
      aud: ['https://api.acme.com', 'https://acme.eu.auth0.com/userinfo'],
      azp: 'cli',
      scope: 'openid upload',
      permissions: ['upload'],
    },
    'corp/auth0|64/',
  ],
  [
    'Auth0 without its slash',
    { iss: ['https://acme.eu.auth0.com'] },
    { iss: 'https://acme.eu.auth0.com/' },
    /^unknown_issuer: .*trailing slash/,
  ],
  [
    'Auth0, no API',
    { preset: 'auth0', audiences: ['https://api.acme.com'], iss: ['https://a/'] },
    { iss: 'https://a/', aud: ['https://a/userinfo'] },
    /^wrong_audience: .*At Auth0, request the identifier of your API as the audience\.$/,
  ],
  [
    'Keycloak',
    {
      preset: 'keycloak',
      clientId: 'cli',
      iss: ['https://id.acme.com/realms/acme'],
      groups: ['realm_access', 'roles'],
      rules: [{ when: [{ claim: ['realm_access', 'roles'], is: ['uploader'] }], writeTo: '{issuer}/{sub}/' }],
    },
    {
      iss: 'https://id.acme.com/realms/acme',
      typ: 'Bearer',
      azp: 'cli',
      scope: 'openid',
      realm_access: { roles: ['uploader'] },
    },
    'corp/ada/',
  ],
  [
    'Keycloak without an audience',
    { preset: 'keycloak', iss: ['https://k/'] },
    { iss: 'https://k/', aud: undefined, typ: 'Bearer' },
    /^wrong_audience: The token has no aud claim\. .*add an audience mapper/,
  ],
  ['Keycloak, an ID token', { iss: ['https://k/'] }, { iss: 'https://k/', typ: 'ID' }, /^wrong_token_kind/],
  ['Google', google, { ...googleClaims, hd: 'acme.com' }, 'corp/ada/'],
  [
    'Google, a personal account',
    google,
    googleClaims,
    `${differs('hd')} This Google account does not belong to a Workspace domain.`,
  ],
  [
    'Google, an unverified address',
    { ...google, name: ['email'], rules: [{ when: [{ claim: ['email'], is: ['ada@acme.com'] }] }] },
    { ...googleClaims, email_verified: false },
    /^invalid_claim: The e-mail address in the token is not verified\./,
  ],
  [
    'Google, a rule for an unverified address',
    { ...google, rules: [{ when: [{ claim: ['email'], is: ['ada@acme.com'] }] }] },
    { ...googleClaims, email_verified: false },
    `${differs('email')} ${UNVERIFIED}`,
  ],
  [
    'Google, a prefix of an unverified address',
    { ...google, rules: [{ writeTo: '{issuer}/{email}/' }] },
    { ...googleClaims, email_verified: false },
    `forbidden_caller: The token lacks a usable claim for the prefix “{issuer}/{email}/”. ${UNVERIFIED}`,
  ],
  [
    'Google, a prefix of a verified address',
    { ...google, rules: [{ writeTo: '{issuer}/{email}/' }] },
    googleClaims,
    'corp/ada@acme.com/',
  ],
  ['Google, another company', google, { ...googleClaims, hd: 'evil.com' }, differs('hd')],
  [
    'Ping, scopes as a list',
    { iss: ['https://auth.pingone.eu/e/as'] },
    { iss: 'https://auth.pingone.eu/e/as', scope: ['upload'] },
    'corp/ada/',
  ],
  ['GitHub', github, githubClaims, 'ci/acme/app/'],
  ['GitHub, a tag', github, { ...githubClaims, ref: 'refs/tags/v1' }, 'ci/acme/app/'],
  [
    'GitHub, the old form of sub',
    github,
    { ...githubClaims, sub: 'repo:acme/app:ref:refs/heads/main' },
    'ci/acme/app/',
  ],
  [
    'GitHub, renamed to the same name',
    github,
    { ...githubClaims, repository_id: '99', repository_owner_id: '98' },
    differs('repository_id', 'repository_owner_id'),
  ],
  ['GitHub, another branch', github, { ...githubClaims, ref: 'refs/heads/x' }, differs('ref')],
  [
    'GitHub, pull_request_target',
    github,
    { ...githubClaims, event_name: 'pull_request_target' },
    differs('event_name'),
  ],
  ['GitHub, workflow_run', github, { ...githubClaims, event_name: 'workflow_run' }, differs('event_name')],
  ['GitHub, issue_comment', github, { ...githubClaims, event_name: 'issue_comment' }, differs('event_name')],
  [
    'GitHub, a runner of their own',
    github,
    { ...githubClaims, runner_environment: 'self-hosted' },
    differs('runner_environment'),
  ],
  ['GitHub, for another service', github, { ...githubClaims, aud: 'sts.amazonaws.com' }, /^wrong_audience/],
  ['GitHub, an enterprise', github, { ...githubClaims, iss: `${github.iss[0]}/acme` }, /^unknown_issuer/],
  [
    'GitLab',
    workload(
      'https://gitlab.com',
      [
        { claim: ['project_id'], is: ['20'] },
        { claim: ['ref_protected'], is: ['true'] },
      ],
      'ci/{project_path}/',
    ),
    {
      iss: 'https://gitlab.com',
      sub: 'project_path:acme/app:ref_type:branch:ref:main',
      project_id: '20',
      project_path: 'acme/app',
      ref_protected: 'true',
    },
    'ci/acme/app/',
  ],
  [
    'GitLab, an open branch',
    workload('https://gitlab.com', [{ claim: ['ref_protected'], is: ['true'] }]),
    { iss: 'https://gitlab.com', ref_protected: 'false' },
    differs('ref_protected'),
  ],
  [
    'CircleCI',
    workload(
      'https://oidc.circleci.com/org/o',
      [{ claim: ['oidc.circleci.com/ssh-rerun'], is: ['false'] }],
      'ci/{oidc.circleci.com/project-id}/',
    ),
    {
      iss: 'https://oidc.circleci.com/org/o',
      'oidc.circleci.com/project-id': 'p',
      'oidc.circleci.com/ssh-rerun': false,
    },
    'ci/p/',
  ],
  [
    'CircleCI, a person at a prompt',
    workload('https://oidc.circleci.com/org/o', [{ claim: ['oidc.circleci.com/ssh-rerun'], is: ['false'] }]),
    { iss: 'https://oidc.circleci.com/org/o', 'oidc.circleci.com/ssh-rerun': true },
    differs('oidc.circleci.com/ssh-rerun'),
  ],
  [
    'Buildkite',
    workload('https://agent.buildkite.com', [{ claim: ['organization_id'], is: ['b-1'] }]),
    {
      iss: 'https://agent.buildkite.com',
      organization_id: 'b-1',
      organization_slug: 'acme',
      pipeline_slug: 'app',
    },
    'ci/',
  ],
  [
    'Buildkite, another organisation',
    workload('https://agent.buildkite.com', [{ claim: ['organization_id'], is: ['b-1'] }]),
    { iss: 'https://agent.buildkite.com', organization_id: 'b-2', organization_slug: 'acme' },
    differs('organization_id'),
  ],
  [
    'Bitbucket',
    workload('https://api.bitbucket.org/2.0/workspaces/w/pipelines-config/identity/oidc', [
      { claim: ['repositoryUuid'], is: ['{r}'] },
    ]),
    {
      iss: 'https://api.bitbucket.org/2.0/workspaces/w/pipelines-config/identity/oidc',
      repositoryUuid: '{r}',
    },
    'ci/',
  ],
  [
    'Kubernetes',
    workload('https://oidc.eks.eu-west-1.amazonaws.com/id/A', [
      { claim: ['kubernetes.io', 'serviceaccount', 'name'], is: ['up'] },
    ]),
    {
      iss: 'https://oidc.eks.eu-west-1.amazonaws.com/id/A',
      aud: [ORIGIN],
      sub: 'system:serviceaccount:ns:up',
      'kubernetes.io': { namespace: 'ns', serviceaccount: { name: 'up', uid: 'u' } },
    },
    'ci/',
  ],
  [
    'Google Cloud',
    workload('https://accounts.google.com', [{ claim: ['sub'], is: ['1122'] }]),
    {
      iss: 'https://accounts.google.com',
      sub: '1122',
      azp: '1122',
      email: 'x@p.iam.gserviceaccount.com',
      email_verified: true,
    },
    'ci/',
  ],
  [
    'AWS',
    workload('https://a.tokens.sts.global.api.aws', [
      { claim: ['https://sts.amazonaws.com/', 'aws_account'], is: ['1'] },
    ]),
    {
      iss: 'https://a.tokens.sts.global.api.aws',
      sub: 'arn:aws:iam::1:role/up',
      'https://sts.amazonaws.com/': { aws_account: '1' },
    },
    'ci/',
  ],
];

test('applies the rules to the claims of each provider and CI', async (t) => {
  for (const [name, trusted, claims, expected] of ROWS) {
    await t.test(name, async () => {
      const send = edgeOf(configOf(outside({ alias: 'corp', ...trusted })));
      const given = token(claims);
      const prefix = typeof expected === 'string' && !expected.includes(': ') ? expected : '';
      const { status, code, message } = await send('PUT', `/${encodeURI(prefix)}k`, given);
      if (prefix !== '') return assert.equal(status, 0, `${code}: ${message}`);
      if (typeof expected === 'string') assert.equal(`${code}: ${message}`, expected);
      else assert.match(`${code}: ${message}`, expected);
    });
  }
});

const gcp = {
  ...workload('https://accounts.google.com', [{ claim: ['email'], is: ['up@p.iam.gserviceaccount.com'] }]),
  alias: 'gcp',
  preset: 'gcp',
  name: ['email'],
  rules: [
    { when: [{ claim: ['email'], is: ['up@p.iam.gserviceaccount.com'] }], writeTo: '{issuer}/{name}/' },
  ],
} satisfies Partial<EdgeIssuer>;
const job = {
  iss: 'https://accounts.google.com',
  aud: ORIGIN,
  sub: '1122',
  azp: '1122',
  email: 'up@p.iam.gserviceaccount.com',
  email_verified: true,
};

test('applies the rules of people or jobs by the audience of one provider', async () => {
  const staff = { ...googleClaims, hd: 'acme.com' };
  const both = `Accepted: ${google.clientId}, ${ORIGIN}.`;
  const rows: readonly (readonly [name: string, claims: Claims, expected: string | RegExp])[] = [
    ['a person', staff, 'corp/ada/'],
    ['a job', job, 'gcp/up@p.iam.gserviceaccount.com/'],
    ['a person for the edge', { ...staff, aud: ORIGIN }, differs('email')],
    ['a job for the client', { ...job, aud: google.clientId }, /^wrong_client/],
    ['neither', { ...job, aud: 'x' }, `wrong_audience: The token is for another audience. ${both}`],
    ['no audience', { ...job, aud: undefined }, `wrong_audience: The token has no aud claim. ${both}`],
    ['an odd audience', { ...job, aud: { x: 1 } }, /^wrong_audience/],
    // If a token has both audiences, the client distinguishes a job from a person, but not a person from a job.
    ['a job for both', { ...job, aud: [ORIGIN, google.clientId] }, 'gcp/up@p.iam.gserviceaccount.com/'],
    [
      'a person for both',
      { ...staff, aud: [ORIGIN, google.clientId] },
      'wrong_audience: The token is for audiences of several issuers: corp, gcp.',
    ],
    ['a job of another issuer', { ...job, iss: 'https://accounts.google.com/' }, /^unknown_issuer/],
  ];
  const issuers = [outside({ alias: 'corp', ...google }), outside(gcp)];
  for (const order of [issuers, [...issuers].reverse()]) {
    const send = edgeOf(configOf(...order));
    for (const [name, claims, expected] of rows) {
      const text = typeof expected === 'string' ? expected : '';
      const prefix = /^\w+: /.test(text) ? '' : text;
      const { status, code, message, headers } = await send('PUT', `/${prefix}k`, token(claims));
      if (prefix !== '') {
        assert.equal(status, 0, `${name}: ${code}: ${message}`);
        const [alias] = prefix.split('/');
        assert.match(headers['x-amz-meta-uploaded-by'] ?? '', new RegExp(`^${alias}:`));
      } else if (typeof expected !== 'string') assert.match(`${code}: ${message}`, expected, name);
      else {
        const sorted = (said: string) => said.split(/[ ,.]+/).sort();
        assert.deepEqual(sorted(`${code}: ${message}`), sorted(expected), name);
      }
    }
  }
});

test('accepts another client of the pool as an issuer of people', async () => {
  const pool = poolConfig({ writeTo: 'home/{username}/' });
  const [iss = ''] = pool.issuers[0]?.iss ?? [];
  const other = issuer('web', {
    iss: [iss],
    token: 'id',
    audiences: ['web'],
    keys: pool.issuers[0]?.keys ?? [],
  });
  const send = edgeOf(configOf(...pool.issuers, other));
  assert.equal((await send('PUT', '/home/ada/k', accessToken())).status, 0);
  const id = { token_use: 'id', client_id: undefined, scope: undefined, aud: 'web', sub: 'ada' };
  assert.equal((await send('PUT', '/web/ada/k', accessToken(id))).status, 0);
  assert.equal((await send('PUT', '/home/ada/k', accessToken(id))).code, 'forbidden_key');
  assert.equal((await send('PUT', '/web/ada/k', accessToken({ client_id: 'web' }))).code, 'wrong_audience');
  assert.equal((await send('PUT', '/web/ada/k', accessToken({ ...id, aud: 'x' }))).code, 'wrong_audience');
});

test('verifies tokens of two issuers of one provider with their own keys', async () => {
  const [left, right] = [issuerKey('ES256', 'k'), issuerKey('EdDSA', 'k')];
  const one = { iss: ['https://id.example/'], rules: [{ writeTo: '{issuer}/{sub}/' }] };
  const send = edgeOf(
    configOf(
      outside({ ...one, alias: 'left', audiences: ['l'], keys: [left.jwk] }),
      outside({ ...one, alias: 'right', audiences: ['r'], keys: [right.jwk] }),
    ),
  );
  const said = async (aud: string, key: typeof left, folder: string) => {
    const given = token({ iss: 'https://id.example/', aud }, {}, key);
    const { status, code } = await send('PUT', `/${folder}/ada/k`, given);
    return code ?? status;
  };
  assert.equal(await said('l', left, 'left'), 0);
  assert.equal(await said('r', right, 'right'), 0);
  assert.equal(await said('l', left, 'right'), 'forbidden_key');
  assert.equal(await said('r', left, 'right'), 'unsupported_algorithm');
  assert.equal(await said('l', right, 'left'), 'unsupported_algorithm');
});

test('lists its issuers, and shows callers their rules', async () => {
  const config = configOf(
    ...poolConfig({ writeTo: 'home/{username}/' }).issuers,
    outside(github),
    outside(entra),
  );
  const verify = createVerify(config);
  const handle = createHandler({ config, verify, log: () => {} });
  const described = async (...headers: string[]) =>
    readResponse(await handle(viewerEvent({ method: 'GET', target: '/.well-known/edge-upload', headers })))
      .body;
  const { issuers, caller: nobody } = await described();
  assert.equal(nobody, undefined);
  assert.deepEqual((issuers as object[]).slice(1), [
    { alias: 'github', kind: 'workload', issuer: github.iss[0], token: 'id', preset: 'github' },
    {
      alias: 'corp',
      kind: 'people',
      issuer: entra.iss[0],
      token: 'access',
      clientId: entra.clientId,
      audience: entra.audiences[0],
      preset: 'entra',
    },
  ]);
  const { caller } = await described(`Authorization: ${token(githubClaims)}`);
  const { tokenExpiresAt, claims, ...rest } = caller as { tokenExpiresAt: string; claims: object };
  assert.deepEqual(rest, {
    username: 'acme/app',
    sub: githubClaims.sub,
    issuer: 'github',
    groups: [],
    writeTo: ['ci/acme/app/'],
  });
  assert.ok(Date.parse(tokenExpiresAt) > Date.now());
  assert.deepEqual(claims, {
    repository_id: '74',
    repository_owner_id: '65',
    ref: 'refs/heads/main',
    event_name: 'push',
    runner_environment: 'github-hosted',
    repository: 'acme/app',
  });
  const without = configOf(outside(github));
  const only = createHandler({ config: without, verify: createVerify(without), log: () => {} });
  const { body } = readResponse(
    await only(viewerEvent({ method: 'GET', target: '/.well-known/edge-upload' })),
  );
  assert.deepEqual(Object.keys(body), ['service', 'version', 'policy', 'issuers']);
});

test('describes a provider behind the pool as an issuer with the pool’s client', async () => {
  const described = async (config: EdgeConfig) => {
    const handle = createHandler({ config, verify: createVerify(config), log: () => {} });
    const answer = await handle(viewerEvent({ method: 'GET', target: '/.well-known/edge-upload' }));
    assert.ok('status' in answer);
    return (readResponse(answer).body as unknown as { issuers: Record<string, unknown>[] }).issuers;
  };
  const config = poolConfig({});
  const [pool, idp, ...more] = await described({ ...config, idp: true });
  assert.deepEqual(more, []);
  const { issuer, clientId } = pool ?? {};
  assert.deepEqual(pool, { alias: 'cognito', kind: 'pool', issuer, token: 'access', clientId });
  assert.deepEqual(idp, {
    alias: 'idp',
    kind: 'people',
    issuer,
    token: 'access',
    clientId,
    scopes: ['openid'],
    audience: clientId,
    preset: 'cognito',
  });
  const managedLogin = 'https://a.auth.us-east-1.amazoncognito.com';
  const [, onPage] = await described({ ...config, idp: true, managedLogin });
  assert.deepEqual(onPage, { ...idp, tokenOrigin: managedLogin });
  assert.equal((await described(config)).length, 1);
  const others = { ...config, issuers: [outside({ alias: 'corp', iss: ['https://corp.example/'] })] };
  assert.deepEqual(
    (await described({ ...others, idp: true })).map(({ alias }) => alias),
    ['corp'],
  );
});
