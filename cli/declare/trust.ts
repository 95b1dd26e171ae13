import type { Command as Commander, OptionValues } from '@commander-js/extra-typings';
import { omitUndefined } from '../../protocol/fields.ts';
import { type Act, type Declare, define, operated, option, suggesting } from '../program.ts';
import { filled, several } from './values.ts';

const repeatable = <Usage extends string>(usage: Usage, summary: string) =>
  option(usage, `${summary} (repeatable)`).argParser(several);

/** Adds the options of commands that deploy a change. */
function deploying<Args extends unknown[], Options extends OptionValues, Globals extends OptionValues>(
  command: Commander<Args, Options, Globals>,
) {
  return operated(
    command
      .option('-y, --yes', 'Do not ask')
      .option('-n, --dry-run', 'Show what would change; change nothing'),
  );
}

/** Adds the options of every `trust <provider>`. */
function trusted<Args extends unknown[], Options extends OptionValues, Globals extends OptionValues>(
  command: Commander<Args, Options, Globals>,
) {
  return deploying(
    command
      .option('--alias <name>', 'Short name of the issuer, for {issuer} and uploaded-by')
      .addOption(
        option('--audience <value>', "Audience of its tokens (default: the edge's address)").argParser(
          several,
        ),
      )
      .addOption(repeatable('--when <claim=value>', 'Only tokens with this claim'))
      .option('--write-to <prefix>', 'Prefix of all keys, such as {issuer}/{sub}/')
      .option('--max-size <size>', 'Refuse larger objects, such as 500M or 5G')
      .option('--no-clobber', 'Never overwrite an object')
      .option('--shared', 'Let callers of other issuers write the same keys'),
  );
}

const add = async () => (await import('../commands/trust/change.ts')).add;

const PEOPLE = [
  ['entra', 'tenant', 'Trust people of a Microsoft Entra ID tenant'],
  ['okta', 'url', 'Trust people of an Okta authorization server'],
  ['auth0', 'domain', 'Trust people of an Auth0 tenant'],
  ['keycloak', 'url', 'Trust people of a Keycloak realm'],
  ['google', 'domain', 'Trust people of a Google Workspace domain'],
  ['oidc', 'issuer', 'Trust people of another OpenID Connect provider'],
] as const;

const EXAMPLES: Readonly<Partial<Record<(typeof PEOPLE)[number][0], readonly string[]>>> = {
  entra: ['edge-upload trust entra contoso.onmicrosoft.com --client-id <id> --when roles=uploader'],
  google: ['edge-upload trust google example.com --client-id <id> --client-secret-public <secret>'],
  keycloak: [
    'edge-upload trust keycloak sso.example.com/realms/staff --client-id cli --when /realm_access/roles=uploader',
  ],
};

/** `trust` for identity providers, whose people sign in. */
function declarePeople(trust: Commander, act: Act): void {
  for (const [provider, argument, summary] of PEOPLE) {
    const command = trusted(
      define(trust, `${provider} <${argument}>`, summary, EXAMPLES[provider])
        .option('--client-id <id>', 'Client id of the command line at the provider')
        .addOption(suggesting(option('--token <kind>', 'Tokens to accept: access or id'), ['access', 'id']))
        .option('--name <claim>', 'Claim for {name}')
        .option('--groups <claim>', 'Claim for {group}'),
    );
    if (provider === 'google') {
      command.option(
        '--client-secret-public <secret>',
        'Secret of the desktop client; the edge shows it to everybody',
      );
    }
    command.action((named, given) => act(add, { ...given, typed: { provider, named: String(named) } }));
  }
}

const branch = () => repeatable('--branch <name>', 'Only jobs of this branch');
const tag = () => repeatable('--tag <name>', 'Only jobs of this tag, such as v*');
const environment = () => repeatable('--environment <name>', 'Only jobs of this environment');

function declareGitHub(trust: Commander, act: Act): void {
  trusted(
    define(trust, 'github <repository>', 'Trust jobs of a GitHub repository', [
      'edge-upload trust github acme/app --branch main',
      "edge-upload trust github acme/app --tag 'v*' --hosted-only --write-to 'releases/'",
    ])
      .addOption(branch())
      .addOption(tag())
      .addOption(environment())
      .addOption(
        repeatable('--event <name>', 'Only jobs of this event (push and others that need write access)'),
      )
      .option('--hosted-only', "Only jobs on GitHub's own runners")
      .option('--any-repository', 'Trust all repositories of the owner')
      .option('--repository-id <id>', 'Id of a private repository')
      .option('--owner-id <id>', 'Owner id of a private repository')
      .option('--url <url>', 'Address of GitHub Enterprise Server, or of an enterprise at GHE.com'),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'github', named } }));
}

function declareGitLab(trust: Commander, act: Act): void {
  trusted(
    define(trust, 'gitlab <project>', 'Trust jobs of a GitLab project', [
      'edge-upload trust gitlab acme/app --protected',
    ])
      .addOption(branch())
      .addOption(tag())
      .addOption(environment())
      .option('--protected', 'Only jobs of protected branches and tags')
      .option('--any-project', 'Trust all projects of the group')
      .option('--project-id <id>', 'Id of a private project')
      .option('--namespace-id <id>', 'Namespace id of a private project')
      .option('--url <url>', 'Address of a self-managed GitLab'),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'gitlab', named } }));
}

function declareBuildkite(trust: Commander, act: Act): void {
  trusted(
    define(trust, 'buildkite <org-id>', 'Trust jobs of a Buildkite organisation')
      .addOption(repeatable('--pipeline <slug>', 'Only jobs of this pipeline'))
      .addOption(branch()),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'buildkite', named } }));
}

function declareCircleCi(trust: Commander, act: Act): void {
  trusted(
    define(trust, 'circleci <org-id>', 'Trust jobs of a CircleCI organisation')
      .addOption(repeatable('--project <id>', 'Only jobs of this project'))
      .addOption(branch())
      .option('--allow-ssh-rerun', 'Also trust jobs that are rerun with SSH'),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'circleci', named } }));
}

function declareBitbucket(trust: Commander, act: Act): void {
  trusted(
    define(trust, 'bitbucket <workspace>', 'Trust steps of Bitbucket Pipelines').requiredOption(
      '--repository-id <uuid>',
      'Id of the repository',
    ),
  ).action((named, given) => act(add, { ...given, typed: { ...given, provider: 'bitbucket', named } }));
}

function declareKubernetes(trust: Commander, act: Act): void {
  trusted(
    define(trust, 'kubernetes <issuer>', 'Trust pods of a Kubernetes cluster', [
      'edge-upload trust kubernetes https://oidc.eks.us-east-1.amazonaws.com/id/<id> --service-account ci/uploader',
    ]).addOption(
      repeatable(
        '--service-account <namespace/name>',
        'Only pods of this service account',
      ).makeOptionMandatory(),
    ),
  ).action((named, { serviceAccount = [], ...given }) =>
    act(add, { ...given, typed: { provider: 'kubernetes', named, serviceAccount } }),
  );
}

function declareAws(trust: Commander, act: Act): void {
  trusted(
    define(trust, 'aws <account>', 'Trust roles of an AWS account', [
      'edge-upload trust aws 123456789012 --role uploader --issuer https://<id>.tokens.sts.global.api.aws',
    ])
      .addOption(repeatable('--role <name>', 'Name or ARN of a role').makeOptionMandatory())
      .requiredOption(
        '--issuer <url>',
        'Issuer of the account (aws iam get-outbound-web-identity-federation-info)',
      ),
  ).action((named, { role = [], issuer, ...given }) =>
    act(add, { ...given, typed: { provider: 'aws', named, role, issuer } }),
  );
}

function declareGoogleCloud(trust: Commander, act: Act): void {
  trusted(define(trust, 'gcp <account>', 'Trust workloads of a Google Cloud service account')).action(
    (named, given) => act(add, { ...given, typed: { provider: 'gcp', named } }),
  );
}

/** `trust` for jobs of CI systems and for workloads of clouds, in the order of the help. */
const WORKLOADS: readonly Declare[] = [
  declareGitHub,
  declareGitLab,
  declareBuildkite,
  declareCircleCi,
  declareBitbucket,
  declareKubernetes,
  declareAws,
  declareGoogleCloud,
];

/** The commands about issuers that are trusted. */
function declareTrusted(trust: Commander, act: Act): void {
  operated(
    define(trust, 'list', 'List trusted issuers and their rules').option(
      '--yaml',
      'Print a file for trust --file',
    ),
  ).action((given) => act(async () => (await import('../commands/trust/list.ts')).list, given));
  operated(define(trust, 'show <alias>', 'Show an issuer, and what to set up at its provider')).action(
    (alias, given) => act(async () => (await import('../commands/trust/list.ts')).show, { ...given, alias }),
  );
  deploying(
    define(trust, 'remove <alias>', 'Stop trusting an issuer').option(
      '--rule <number>',
      'Remove only this rule',
    ),
  ).action((alias, given) =>
    act(async () => (await import('../commands/trust/change.ts')).remove, { ...given, alias }),
  );
  operated(
    define(trust, 'check [token]', 'Check whether the edge accepts a token, and explain why', [
      'edge-upload trust check < token.txt',
    ]).option('--verify', "Fetch the issuer's keys, and check the signature too"),
  ).action((token, given) =>
    act(async () => (await import('../commands/trust/check.ts')).check, {
      ...given,
      ...omitUndefined({ token }),
    }),
  );
}

/** `trust`: who else is allowed to upload. */
export function declareTrust(root: Commander, act: Act): void {
  const trust = define(root, 'trust', 'Trust identity providers and CI systems', [
    'edge-upload trust entra contoso.onmicrosoft.com --client-id <id>',
    'edge-upload trust github acme/app --branch main',
    'edge-upload trust list --yaml > trust.yaml',
    'edge-upload trust --file trust.yaml',
  ]).helpCommand(false);
  deploying(
    trust
      .option('--file <path>', 'Trust exactly the issuers of a file', filled)
      // The first one is an unknown provider, which the command names.
      .allowExcessArguments(),
  ).action((given, { args }) =>
    act(async () => (await import('../commands/trust/change.ts')).file, {
      ...given,
      ...omitUndefined({ unknown: args[0] }),
    }),
  );
  declarePeople(trust, act);
  for (const declare of WORKLOADS) declare(trust, act);
  declareTrusted(trust, act);
}
