import type { Command as Commander } from '@commander-js/extra-typings';
import { type Act, define, option, several } from './shared.ts';
import { trusted } from './trust-options.ts';

const repeatable = <Usage extends string>(usage: Usage, summary: string) =>
  option(usage, `${summary} (repeatable)`).argParser(several);

/** `trust` for jobs of CI systems and for workloads, which have no secret at all. */
export function declareWorkloads(trust: Commander, act: Act): void {
  const add = async () => (await import('../commands/trust/add.ts')).add;

  trusted(
    define(trust, 'github <repository>', 'jobs of GitHub Actions, by the ids of repository and owner', [
      'edge-upload trust github acme/app --branch main',
      "edge-upload trust github acme/app --tag 'v*' --hosted-only --write-to 'releases/'",
    ])
      .addOption(repeatable('--branch <name>', 'jobs of this branch'))
      .addOption(repeatable('--tag <name>', 'jobs of this tag, such as v*'))
      .addOption(repeatable('--environment <name>', 'jobs of this environment'))
      .addOption(repeatable('--event <name>', 'jobs of this event (push and what needs write access)'))
      .option('--hosted-only', 'jobs on runners of GitHub alone')
      .option('--any-repository', 'every repository of an owner')
      .option('--repository-id <id>', 'of a private repository')
      .option('--owner-id <id>', 'of the owner of a private repository')
      .option('--url <url>', 'of GitHub Enterprise Server'),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'github', named } }));

  trusted(
    define(trust, 'gitlab <project>', 'jobs of GitLab CI/CD, by the ids of project and namespace', [
      'edge-upload trust gitlab acme/app --protected',
    ])
      .addOption(repeatable('--branch <name>', 'jobs of this branch'))
      .addOption(repeatable('--tag <name>', 'jobs of this tag, such as v*'))
      .addOption(repeatable('--environment <name>', 'jobs of this environment'))
      .option('--protected', 'jobs of protected branches and tags alone')
      .option('--any-project', 'every project of a group itself')
      .option('--project-id <id>', 'of a private project')
      .option('--namespace-id <id>', 'of the namespace of a private project')
      .option('--url <url>', 'of a GitLab of your own'),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'gitlab', named } }));

  trusted(
    define(trust, 'buildkite <org-id>', 'jobs of a Buildkite organisation, by its id')
      .addOption(repeatable('--pipeline <slug>', 'jobs of this pipeline'))
      .addOption(repeatable('--branch <name>', 'jobs of this branch')),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'buildkite', named } }));

  trusted(
    define(trust, 'circleci <org-id>', 'jobs of a CircleCI organisation, by its id')
      .addOption(repeatable('--project <id>', 'jobs of this project'))
      .addOption(repeatable('--branch <name>', 'jobs of this branch'))
      .option('--allow-ssh-rerun', 'also jobs that somebody runs again with SSH'),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'circleci', named } }));

  trusted(
    define(
      trust,
      'bitbucket <workspace>',
      'steps of Bitbucket Pipelines, by the id of a repository',
    ).requiredOption('--repository-id <uuid>', 'the repository'),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'bitbucket', named } }));

  trusted(
    define(trust, 'kubernetes <issuer>', 'pods of a cluster, by their service account', [
      'edge-upload trust kubernetes https://oidc.eks.us-east-1.amazonaws.com/id/<id> --service-account ci/uploader',
    ]).addOption(
      repeatable('--service-account <namespace/name>', 'pods that run as it').makeOptionMandatory(),
    ),
  ).action((named, given) =>
    act(add, {
      ...given,
      typed: { provider: 'kubernetes', named, serviceAccount: given.serviceAccount ?? [] },
    }),
  );

  trusted(
    define(trust, 'aws <account>', 'roles of an AWS account', [
      'edge-upload trust aws 123456789012 --role uploader --issuer https://<id>.tokens.sts.global.api.aws',
    ])
      .addOption(
        repeatable('--role <name>', 'workloads with this role: its name or ARN').makeOptionMandatory(),
      )
      .requiredOption(
        '--issuer <url>',
        'of the account: aws iam get-outbound-web-identity-federation-info prints it',
      ),
  ).action((named, given) =>
    act(add, {
      ...given,
      typed: { provider: 'aws', named, role: given.role ?? [], issuer: given.issuer },
    }),
  );

  trusted(
    define(
      trust,
      'gcp <account>',
      'workloads of Google Cloud, by the address or the id of their service account',
    ),
  ).action((named, given) => act(add, { ...given, typed: { provider: 'gcp', named } }));
}
