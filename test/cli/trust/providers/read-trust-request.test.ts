import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UserError } from '../../../../cli/errors.ts';
import { readTrustRequest, type TypedProvider } from '../../../../cli/trust/providers/read-trust-request.ts';
import type { TrustRequest } from '../../../../cli/trust/providers/trust-request.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { documentsOf } from '../provider.ts';

const TENANT = '11112222-bbbb-3333-cccc-4444dddd5555';
const ORGANISATION = 'aaaabbbb-0000-1111-2222-ccccddddeeee';
const EVENTS = ['push', 'workflow_dispatch', 'schedule', 'release', 'create'];

const KNOWN = {
  'https://login.microsoftonline.com/contoso.com/v2.0/.well-known/openid-configuration': {
    issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
  },
  'https://login.microsoftonline.com/evil.com/v2.0/.well-known/openid-configuration': {
    issuer: `https://login.evil.com/${TENANT}/v2.0`,
  },
  'https://api.github.com/repos/acme/app': { id: 7, full_name: 'Acme/App', owner: { id: 5 } },
  'https://api.github.com/repos/acme/moved': { id: 8, full_name: 'other/moved', owner: { id: 9 } },
  'https://api.github.com/users/acme': { id: 5 },
  'https://git.acme.example/api/v3/repos/acme/app': { id: 1, full_name: 'acme/app', owner: { id: 2 } },
  'https://api.acme.ghe.com/repos/acme/app': { id: 3, full_name: 'acme/app', owner: { id: 4 } },
  'https://api.acme.ghe.com/users/acme': { id: 4 },
  'https://gitlab.com/api/v4/projects/acme%2Fweb%2Fapp': {
    id: 22,
    path_with_namespace: 'acme/web/app',
    namespace: { id: 72 },
  },
  'https://gitlab.com/api/v4/groups/acme': { id: 72 },
};

const when = (request: TrustRequest) => request.when.map(({ claim, is }) => [claim.join(' > '), ...is]);

const ids = (repository: string, owner: string) => [
  ['repository_id', repository],
  ['repository_owner_id', owner],
];

describe('S a trust command line', () => {
  const CASES: readonly (readonly [
    name: string,
    typed: TypedProvider,
    iss: readonly string[],
    conditions: readonly (readonly string[])[],
  ])[] = [
    [
      'a tenant of Entra by its id: tokens of both versions',
      { provider: 'entra', named: TENANT.toUpperCase() },
      [`https://login.microsoftonline.com/${TENANT}/v2.0`, `https://sts.windows.net/${TENANT}/`],
      [],
    ],
    [
      'a tenant of Entra by a domain: its id',
      { provider: 'entra', named: 'Contoso.com' },
      [`https://login.microsoftonline.com/${TENANT}/v2.0`, `https://sts.windows.net/${TENANT}/`],
      [],
    ],
    [
      'an authorization server of Okta',
      { provider: 'okta', named: 'acme.okta.com/oauth2/default/' },
      ['https://acme.okta.com/oauth2/default'],
      [],
    ],
    [
      'a tenant of Auth0: with a slash',
      { provider: 'auth0', named: 'acme.eu.auth0.com' },
      ['https://acme.eu.auth0.com/'],
      [],
    ],
    [
      'a realm of Keycloak',
      { provider: 'keycloak', named: 'https://sso.example.com/realms/staff/' },
      ['https://sso.example.com/realms/staff'],
      [],
    ],
    [
      'a Google Workspace',
      { provider: 'google', named: 'Example.com' },
      ['https://accounts.google.com'],
      [['hd', 'example.com']],
    ],
    [
      'any provider: exactly as typed',
      { provider: 'oidc', named: 'https://id.example.com/' },
      ['https://id.example.com/'],
      [],
    ],
    [
      'a repository of GitHub by its public ids',
      { provider: 'github', named: 'acme/app' },
      ['https://token.actions.githubusercontent.com'],
      [...ids('7', '5'), ['event_name', ...EVENTS]],
    ],
    [
      'branches, tags, an environment and runners of GitHub',
      {
        provider: 'github',
        named: 'acme/app',
        branch: ['main'],
        tag: ['v*'],
        environment: ['production'],
        event: ['pull_request_target'],
        hostedOnly: true,
      },
      ['https://token.actions.githubusercontent.com'],
      [
        ...ids('7', '5'),
        ['event_name', 'pull_request_target'],
        ['ref', 'refs/heads/main', 'refs/tags/v*'],
        ['environment', 'production'],
        ['runner_environment', 'github-hosted'],
      ],
    ],
    [
      'a private repository by given ids',
      { provider: 'github', named: 'acme/secret', repositoryId: '11', ownerId: '12' },
      ['https://token.actions.githubusercontent.com'],
      [...ids('11', '12'), ['event_name', ...EVENTS]],
    ],
    [
      'every repository of an owner',
      { provider: 'github', named: 'acme', anyRepository: true },
      ['https://token.actions.githubusercontent.com'],
      [
        ['repository_owner_id', '5'],
        ['event_name', ...EVENTS],
      ],
    ],
    [
      'GitHub Enterprise Server',
      { provider: 'github', named: 'acme/app', url: 'git.acme.example' },
      ['https://git.acme.example/_services/token'],
      [...ids('1', '2'), ['event_name', ...EVENTS]],
    ],
    [
      'an enterprise with data residency at GHE.com',
      { provider: 'github', named: 'acme/app', url: 'https://Acme.ghe.com/' },
      ['https://token.actions.acme.ghe.com'],
      [...ids('3', '4'), ['event_name', ...EVENTS]],
    ],
    [
      'every repository of an owner at GHE.com',
      { provider: 'github', named: 'acme', anyRepository: true, url: 'acme.ghe.com' },
      ['https://token.actions.acme.ghe.com'],
      [
        ['repository_owner_id', '4'],
        ['event_name', ...EVENTS],
      ],
    ],
    [
      'GitHub.com by its address',
      { provider: 'github', named: 'acme/app', url: 'https://github.com' },
      ['https://token.actions.githubusercontent.com'],
      [...ids('7', '5'), ['event_name', ...EVENTS]],
    ],
    [
      'a project of GitLab, protected branches alone',
      { provider: 'gitlab', named: 'acme/web/app', protected: true },
      ['https://gitlab.com'],
      [
        ['project_id', '22'],
        ['namespace_id', '72'],
        ['ref_protected', 'true'],
      ],
    ],
    [
      'branches and tags of a private project of GitLab',
      {
        provider: 'gitlab',
        named: 'acme/secret',
        projectId: '3',
        branch: ['main'],
        tag: ['v*'],
        environment: ['live'],
      },
      ['https://gitlab.com'],
      [
        ['project_id', '3'],
        ['ref_path', 'refs/heads/main', 'refs/tags/v*'],
        ['environment', 'live'],
      ],
    ],
    [
      'every project of a group',
      { provider: 'gitlab', named: 'acme', anyProject: true },
      ['https://gitlab.com'],
      [['namespace_id', '72']],
    ],
    [
      'a GitLab of one’s own',
      {
        provider: 'gitlab',
        named: 'a/b',
        projectId: '3',
        namespaceId: '4',
        url: 'https://git.acme.example/',
      },
      ['https://git.acme.example'],
      [
        ['project_id', '3'],
        ['namespace_id', '4'],
      ],
    ],
    [
      'an organisation of Buildkite',
      { provider: 'buildkite', named: ORGANISATION, pipeline: ['app'], branch: ['main'] },
      ['https://agent.buildkite.com'],
      [
        ['organization_id', ORGANISATION],
        ['pipeline_slug', 'app'],
        ['build_branch', 'main'],
      ],
    ],
    [
      'an organisation of CircleCI, without jobs run again by SSH',
      { provider: 'circleci', named: ORGANISATION, project: [TENANT], branch: ['main'] },
      [`https://oidc.circleci.com/org/${ORGANISATION}`],
      [
        ['oidc.circleci.com/project-id', TENANT],
        ['oidc.circleci.com/vcs-ref', 'refs/heads/main'],
        ['oidc.circleci.com/ssh-rerun', 'false'],
      ],
    ],
    [
      'jobs of CircleCI run again by SSH, where that is asked for',
      { provider: 'circleci', named: ORGANISATION, allowSshRerun: true },
      [`https://oidc.circleci.com/org/${ORGANISATION}`],
      [],
    ],
    [
      'a repository of Bitbucket',
      { provider: 'bitbucket', named: 'acme', repositoryId: `{${TENANT}}` },
      ['https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc'],
      [['repositoryUuid', `{${TENANT}}`]],
    ],
    [
      'service accounts of a cluster',
      { provider: 'kubernetes', named: 'https://k8s.example', serviceAccount: ['a/b', 'c/d.e'] },
      ['https://k8s.example'],
      [['sub', 'system:serviceaccount:a:b', 'system:serviceaccount:c:d.e']],
    ],
    [
      'roles of an AWS account',
      {
        provider: 'aws',
        named: '123456789012',
        role: ['ci/uploader', 'arn:aws:iam::123456789012:role/other'],
        issuer: `https://${TENANT}.tokens.sts.global.api.aws`,
      },
      [`https://${TENANT}.tokens.sts.global.api.aws`],
      [['sub', 'arn:aws:iam::123456789012:role/ci/uploader', 'arn:aws:iam::123456789012:role/other']],
    ],
    [
      'a service account of Google Cloud by its address',
      { provider: 'gcp', named: 'up@acme.iam.gserviceaccount.com' },
      ['https://accounts.google.com'],
      [
        ['email', 'up@acme.iam.gserviceaccount.com'],
        ['email_verified', 'true'],
      ],
    ],
    [
      'a service account of Google Cloud by its id',
      { provider: 'gcp', named: '112233445566778899001' },
      ['https://accounts.google.com'],
      [['sub', '112233445566778899001']],
    ],
  ];
  for (const [name, typed, iss, conditions] of CASES) {
    it(name, async () => {
      const request = await readTrustRequest(typed, documentsOf(KNOWN));
      assert.deepEqual(request.iss, iss);
      assert.deepEqual(when(request), conditions);
      assert.equal(request.preset, typed.provider);
    });
  }

  it('takes ID tokens of an Okta organisation, which has access tokens for Okta only', async () => {
    const documents = documentsOf();
    assert.equal(
      (await readTrustRequest({ provider: 'okta', named: 'acme.okta.com' }, documents)).token,
      'id',
    );
    assert.equal(
      (await readTrustRequest({ provider: 'okta', named: 'https://a.okta.com/oauth2/x' }, documents)).token,
      undefined,
    );
    assert.deepEqual(documents.asked, []);
  });

  for (const [typed, whole] of [
    [{ provider: 'github', named: 'acme', anyRepository: true }, { anyRepository: true }],
    [{ provider: 'gitlab', named: 'acme', anyProject: true }, { anyProject: true }],
    [{ provider: 'github', named: 'acme/app' }, undefined],
    [{ provider: 'gitlab', named: 'acme/web/app' }, undefined],
  ] as const) {
    it(`has ${JSON.stringify(whole)} in the rule for ${typed.provider} ${typed.named}`, async () => {
      assert.deepEqual((await readTrustRequest(typed, documentsOf(KNOWN))).whole, whole);
    });
  }

  it('looks up no IDs that were given', async () => {
    const documents = documentsOf();
    await readTrustRequest({ provider: 'github', named: 'a/b', repositoryId: '1', ownerId: '2' }, documents);
    await readTrustRequest({ provider: 'gitlab', named: 'a/b', projectId: '1' }, documents);
    assert.deepEqual(documents.asked, []);
  });

  const REFUSED: readonly (readonly [typed: TypedProvider, message: RegExp, hint?: RegExp])[] = [
    [{ provider: 'entra', named: 'common' }, /accounts of every tenant/, /trust entra contoso/],
    [{ provider: 'entra', named: 'organizations' }, /every tenant/],
    [{ provider: 'entra', named: 'Consumers' }, /every tenant/],
    [{ provider: 'entra', named: '9188040d-6c67-4c5b-b112-36a304b66dad' }, /every tenant/],
    [{ provider: 'entra', named: 'contoso' }, /neither a tenant id nor a domain/],
    [{ provider: 'entra', named: 'nobody.example' }, /no tenant “nobody.example”/],
    [{ provider: 'entra', named: 'evil.com' }, /no tenant “evil.com”/],
    [{ provider: 'keycloak', named: 'https://sso.example.com' }, /not the address of a realm/],
    [{ provider: 'google', named: 'gmail.com' }, /not a Workspace domain/],
    [{ provider: 'google', named: 'https://accounts.google.com' }, /not a Workspace domain/],
    [{ provider: 'github', named: 'acme' }, /not a repository/, /--any-repository/],
    [{ provider: 'github', named: 'acme/*' }, /is a pattern/, /--any-repository/],
    [{ provider: 'github', named: '*/app' }, /is a pattern/],
    [{ provider: 'github', named: 'acme/..' }, /not the path/],
    [{ provider: 'github', named: 'acme/app', anyRepository: true }, /not an owner/],
    [
      { provider: 'github', named: 'acme/secret' },
      /not public at api.github.com/,
      /gh api repos\/acme\/secret/,
    ],
    [{ provider: 'github', named: 'acme/moved' }, /not public/],
    [{ provider: 'github', named: 'acme/secret', url: 'acme.ghe.com' }, /not public at api.acme.ghe.com/],
    [{ provider: 'github', named: 'a/b', repositoryId: 'x', ownerId: '1' }, /for --repository-id/],
    [{ provider: 'github', named: 'nobody', anyRepository: true }, /owner nobody/, /--owner-id/],
    [{ provider: 'gitlab', named: 'acme' }, /not a project/, /--any-project/],
    [{ provider: 'gitlab', named: 'acme/secret' }, /not public at gitlab.com/, /--project-id/],
    [{ provider: 'gitlab', named: 'nobody', anyProject: true }, /group nobody/, /--namespace-id/],
    [{ provider: 'buildkite', named: 'acme' }, /not the id of a Buildkite organisation/],
    [{ provider: 'circleci', named: 'acme' }, /not the id of a CircleCI organisation/],
    [{ provider: 'circleci', named: ORGANISATION, project: ['app'] }, /CircleCI project/],
    [{ provider: 'bitbucket', named: 'acme', repositoryId: 'app' }, /Bitbucket repository/],
    [{ provider: 'bitbucket', named: 'a/b', repositoryId: TENANT }, /Bitbucket workspace/],
    [
      { provider: 'kubernetes', named: 'https://k8s.example', serviceAccount: ['default'] },
      /--service-account/,
    ],
    [{ provider: 'kubernetes', named: 'https://k8s.example', serviceAccount: ['a/*'] }, /--service-account/],
    [{ provider: 'aws', named: '123', role: ['x'], issuer: 'https://x' }, /12 digits/],
    [
      { provider: 'aws', named: '123456789012', role: ['x'], issuer: 'https://sts.amazonaws.com' },
      /not the issuer/,
    ],
    [
      {
        provider: 'aws',
        named: '123456789012',
        role: ['arn:aws:iam::999999999999:role/x'],
        issuer: `https://${TENANT}.tokens.sts.global.api.aws`,
      },
      /for --role/,
    ],
    [{ provider: 'gcp', named: 'ada@example.com' }, /not a service account/],
  ];
  const offline = {
    ...documentsOf(),
    fetch: () =>
      Promise.reject(new UserError('unreachable', 'It is unreachable.', { hint: 'Check the network.' })),
  };
  const UNREACHABLE: readonly (readonly [TypedProvider, RegExp, RegExp])[] = [
    [{ provider: 'github', named: 'acme/app' }, /^The repository acme\/app .*unreachable/, /--repository-id/],
    [{ provider: 'github', named: 'acme', anyRepository: true }, /^The owner acme /, /--owner-id/],
    [{ provider: 'gitlab', named: 'acme/app' }, /^The project acme\/app /, /--project-id/],
    [{ provider: 'gitlab', named: 'acme', anyProject: true }, /^The group acme /, /--namespace-id/],
  ];
  it('names what cannot be looked up, and the flags that make it unnecessary', async () => {
    for (const [typed, message, hint] of UNREACHABLE) {
      const both = new RegExp(`^Check the network\\.\n[^]*${hint.source}`);
      await assert.rejects(readTrustRequest(typed, offline), withCode('unreachable', message, both));
    }
  });

  for (const [typed, message, hint] of REFUSED) {
    it(`refuses ${typed.provider} ${typed.named}: ${message.source}`, async () => {
      await assert.rejects(readTrustRequest(typed, documentsOf(KNOWN)), withCode('usage', message, hint));
    });
  }
});
