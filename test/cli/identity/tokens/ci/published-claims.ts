import type { PresetName } from '../../../../../cli/trust/presets.ts';

/**
 * Claims of each provider as its pages publish them, apart from `iss`, `aud` and times.
 * GitHub: https://docs.github.com/actions/reference/security/oidc
 * GitLab: https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
 * CircleCI: https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/
 * Buildkite: https://buildkite.com/docs/pipelines/security/oidc
 * Bitbucket: https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/
 * Kubernetes: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 * AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
 * Google Cloud: https://cloud.google.com/compute/docs/instances/verifying-instance-identity
 */
export const PUBLISHED = {
  github: {
    iss: 'https://token.actions.githubusercontent.com',
    lifetime: 300,
    claims: {
      jti: 'example-id',
      sub: 'repo:acme@12345/app@67890:ref:refs/heads/main',
      ref: 'refs/heads/main',
      ref_type: 'branch',
      ref_protected: 'true',
      repository: 'acme/app',
      repository_id: '67890',
      repository_owner: 'acme',
      repository_owner_id: '12345',
      repository_visibility: 'private',
      actor: 'octocat',
      actor_id: '12',
      event_name: 'push',
      run_id: '5000',
      run_number: '10',
      run_attempt: '2',
      workflow: 'Release',
      workflow_ref: 'acme/app/.github/workflows/release.yml@refs/heads/main',
      job_workflow_ref: 'acme/app/.github/workflows/release.yml@refs/heads/main',
      runner_environment: 'github-hosted',
      sha: 'f5ffe3aeea51cec6c41aef16e45ee6bce47d8810',
    },
  },
  gitlab: {
    iss: 'https://gitlab.com',
    lifetime: 3600,
    claims: {
      jti: '235b3a54-b797-45c7-ae9a-f72d7bc6ef5b',
      sub: 'project_path:acme/app:ref_type:branch:ref:main',
      namespace_id: '72',
      namespace_path: 'acme',
      project_id: '20',
      project_path: 'acme/app',
      user_id: '1',
      user_login: 'sample-user',
      pipeline_id: '574',
      pipeline_source: 'push',
      job_id: '302',
      ref: 'main',
      ref_type: 'branch',
      ref_path: 'refs/heads/main',
      ref_protected: 'true',
      runner_id: 1,
      runner_environment: 'gitlab-hosted',
      sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
    },
  },
  circleci: {
    iss: 'https://oidc.circleci.com/org/3ed58f8e-1fc1-4ee5-a0f4-2ce0e4b0a4e4',
    lifetime: 3600,
    claims: {
      sub: 'org/3ed58f8e-1fc1-4ee5-a0f4-2ce0e4b0a4e4/project/9c0a25e0-8b5b-4e3c-a6a8-2b0f0d1a6a11/user/4b9e6b6e-0c9e-4d3f-8f5f-ef1f9b1f5b2c',
      'oidc.circleci.com/org-id': '3ed58f8e-1fc1-4ee5-a0f4-2ce0e4b0a4e4',
      'oidc.circleci.com/project-id': '9c0a25e0-8b5b-4e3c-a6a8-2b0f0d1a6a11',
      'oidc.circleci.com/context-ids': ['a74579f1-2e7d-451e-b009-5c082ad2729e'],
      'oidc.circleci.com/job-id': '7b1d4c3e-5a0b-4c8e-9f2d-1a2b3c4d5e6f',
      'oidc.circleci.com/vcs-origin': 'github.com/acme/app',
      'oidc.circleci.com/vcs-ref': 'refs/heads/main',
      'oidc.circleci.com/ssh-rerun': false,
    },
  },
  buildkite: {
    iss: 'https://agent.buildkite.com',
    lifetime: 300,
    claims: {
      sub: 'organization:acme-inc:pipeline:super-duper-app:ref:refs/heads/main:commit:9f3182061f1e2cca4702c368cbc039b7dc9d4485:step:build',
      jti: '0194b014-8517-7cef-b232-76a827315f08',
      organization_slug: 'acme-inc',
      organization_id: '0184990a-477b-4fa8-9968-496074483c00',
      pipeline_slug: 'super-duper-app',
      pipeline_id: '0184990a-4782-42b5-afc1-16715b10b800',
      build_number: 1,
      build_branch: 'main',
      build_tag: null,
      build_commit: '9f3182061f1e2cca4702c368cbc039b7dc9d4485',
      step_key: 'build',
      job_id: '0184990a-477b-4fa8-9968-496074483cee',
      agent_id: '0184990a-4782-42b5-afc1-16715b10b8ff',
      build_source: 'ui',
      runner_environment: 'buildkite-hosted',
    },
  },
  bitbucket: {
    iss: 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
    lifetime: 3600,
    claims: {
      sub: '{9a8b7c6d-0000-4000-8000-000000000001}:{9a8b7c6d-0000-4000-8000-000000000002}',
      stepUuid: '{9a8b7c6d-0000-4000-8000-000000000002}',
      pipelineUuid: '{9a8b7c6d-0000-4000-8000-000000000003}',
      workspaceUuid: '{9a8b7c6d-0000-4000-8000-000000000004}',
      repositoryUuid: '{9a8b7c6d-0000-4000-8000-000000000001}',
      branchName: 'main',
    },
  },
  kubernetes: {
    iss: 'https://oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF0123456789',
    lifetime: 3600,
    claims: {
      sub: 'system:serviceaccount:builds:uploader',
      jti: 'e8a7c9d2-1f0b-4e57-8c3d-9a4f2b1c0d3e',
      'kubernetes.io': {
        namespace: 'builds',
        serviceaccount: { name: 'uploader', uid: '778a530c-b3f4-47c0-9cd5-ab018fb64f33' },
        pod: { name: 'job-1', uid: '4e4d5b0c-0d4a-4a8e-8a1c-2b3c4d5e6f70' },
      },
    },
  },
  aws: {
    iss: 'https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws',
    lifetime: 300,
    claims: {
      sub: 'arn:aws:iam::123456789012:role/uploader',
      jti: 'xyz123-def456-ghi789-jkl012',
      'https://sts.amazonaws.com/': {
        aws_account: '123456789012',
        source_region: 'us-east-1',
        org_id: 'o-abc1234567',
      },
    },
  },
  gcp: {
    iss: 'https://accounts.google.com',
    lifetime: 3600,
    claims: {
      sub: '112179062720391305885',
      azp: '112179062720391305885',
      email: 'uploader@acme.iam.gserviceaccount.com',
      email_verified: true,
    },
  },
} as const satisfies Partial<
  Record<PresetName, { readonly iss: string; readonly lifetime: number; readonly claims: object }>
>;

export type CiName = keyof typeof PUBLISHED;
