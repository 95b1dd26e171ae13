import type { Command as Commander } from '@commander-js/extra-typings';
import { type Act, define, option, several } from './shared.ts';
import { trusted } from './trust-options.ts';

const repeatable = <Usage extends string>(usage: Usage, summary: string) =>
  option(usage, `${summary} (repeatable)`).argParser(several);

/** `trust` for jobs of CI systems and for workloads, which have no secret at all. */
export function declareWorkloads(trust: Commander, act: Act): void {
  const add = async () => (await import('../commands/trust/add.ts')).add;

  trusted(
    define(trust, 'github <repository>', 'Trust jobs of a GitHub repository', [
      'edge-upload trust github acme/app --branch main',
      "edge-upload trust github acme/app --tag 'v*' --hosted-only --write-to 'releases/'",
    ])
      .addOption(repeatable('--branch <name>', 'Only jobs of this branch'))
      .addOption(repeatable('--tag <name>', 'Only jobs of this tag, such as v*'))
      .addOption(repeatable('--environment <name>', 'Only jobs of this environment'))
      .addOption(
        repeatable('--event <name>', 'Only jobs of this event (push and others that need write access)'),
      )
      .option('--hosted-only', "Only jobs on GitHub's own runners")
      .option('--any-repository', 'Trust all repositories of the owner')
      .option('--repository-id <id>', 'Id of a private repository')
      .option('--owner-id <id>', 'Owner id of a private repository')
      .option('--url <url>', 'Address of GitHub Enterprise Server, or of an enterprise at GHE.com'),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'github', named } }));

  trusted(
    define(trust, 'gitlab <project>', 'Trust jobs of a GitLab project', [
      'edge-upload trust gitlab acme/app --protected',
    ])
      .addOption(repeatable('--branch <name>', 'Only jobs of this branch'))
      .addOption(repeatable('--tag <name>', 'Only jobs of this tag, such as v*'))
      .addOption(repeatable('--environment <name>', 'Only jobs of this environment'))
      .option('--protected', 'Only jobs of protected branches and tags')
      .option('--any-project', 'Trust all projects of the group')
      .option('--project-id <id>', 'Id of a private project')
      .option('--namespace-id <id>', 'Namespace id of a private project')
      .option('--url <url>', 'Address of a self-managed GitLab'),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'gitlab', named } }));

  trusted(
    define(trust, 'buildkite <org-id>', 'Trust jobs of a Buildkite organisation')
      .addOption(repeatable('--pipeline <slug>', 'Only jobs of this pipeline'))
      .addOption(repeatable('--branch <name>', 'Only jobs of this branch')),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'buildkite', named } }));

  trusted(
    define(trust, 'circleci <org-id>', 'Trust jobs of a CircleCI organisation')
      .addOption(repeatable('--project <id>', 'Only jobs of this project'))
      .addOption(repeatable('--branch <name>', 'Only jobs of this branch'))
      .option('--allow-ssh-rerun', 'Also trust jobs that are run again with SSH'),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'circleci', named } }));

  trusted(
    define(trust, 'bitbucket <workspace>', 'Trust steps of Bitbucket Pipelines').requiredOption(
      '--repository-id <uuid>',
      'Id of the repository',
    ),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'bitbucket', named } }));

  trusted(
    define(trust, 'kubernetes <issuer>', 'Trust pods of a Kubernetes cluster', [
      'edge-upload trust kubernetes https://oidc.eks.us-east-1.amazonaws.com/id/<id> --service-account ci/uploader',
    ]).addOption(
      repeatable(
        '--service-account <namespace/name>',
        'Only pods of this service account',
      ).makeOptionMandatory(),
    ),
  ).action((named, given) =>
    act(add, {
      ...given,
      typed: { provider: 'kubernetes', named, serviceAccount: given.serviceAccount ?? [] },
    }),
  );

  trusted(
    define(trust, 'aws <account>', 'Trust roles of an AWS account', [
      'edge-upload trust aws 123456789012 --role uploader --issuer https://<id>.tokens.sts.global.api.aws',
    ])
      .addOption(repeatable('--role <name>', 'Name or ARN of a role').makeOptionMandatory())
      .requiredOption(
        '--issuer <url>',
        'Issuer of the account (aws iam get-outbound-web-identity-federation-info)',
      ),
  ).action((named, given) =>
    act(add, {
      ...given,
      typed: { provider: 'aws', named, role: given.role ?? [], issuer: given.issuer },
    }),
  );

  trusted(define(trust, 'gcp <account>', 'Trust workloads of a Google Cloud service account')).action(
    (named, given) => act(add, { ...given, typed: { provider: 'gcp', named } }),
  );
}
