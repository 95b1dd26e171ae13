import type { Command as Commander, OptionValues } from '@commander-js/extra-typings';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { type Act, define, operated, option, suggesting } from './shared.ts';
import { trusted } from './trust-options.ts';
import { declareWorkloads } from './trust-workloads.ts';

function people<Args extends unknown[], Options extends OptionValues, Globals extends OptionValues>(
  command: Commander<Args, Options, Globals>,
) {
  return trusted(
    command
      .option('--client-id <id>', 'Client id of the command line at the provider')
      .addOption(suggesting(option('--token <kind>', 'Tokens to accept: access or id'), ['access', 'id']))
      .option('--name <claim>', 'Claim for {name}')
      .option('--groups <claim>', 'Claim for {group}'),
  );
}

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

/** `trust`: who else is allowed to upload. */
export function declareTrust(root: Commander, act: Act): void {
  const trust = define(root, 'trust', 'Trust identity providers and CI systems', [
    'edge-upload trust entra contoso.onmicrosoft.com --client-id <id>',
    'edge-upload trust github acme/app --branch main',
    'edge-upload trust list --yaml > trust.yaml',
    'edge-upload trust --file trust.yaml',
  ]).helpCommand(false);
  operated(
    trust
      .option('--file <path>', 'Trust the issuers of a file, and no others')
      .option('-y, --yes', 'Do not ask')
      .option('-n, --dry-run', 'Show what would change; change nothing')
      // The first one is an unknown provider, which the command names.
      .allowExcessArguments(),
  ).action((given, { args }) =>
    act(async () => (await import('../commands/trust/file.ts')).file, {
      ...given,
      ...omitUndefined({ unknown: args[0] }),
    }),
  );

  for (const [provider, argument, summary] of PEOPLE) {
    const command = people(define(trust, `${provider} <${argument}>`, summary, EXAMPLES[provider]));
    if (provider === 'google') {
      command.option(
        '--client-secret-public <secret>',
        'Secret of the desktop client; the edge shows it to everybody',
      );
    }
    command.action((named, given) =>
      act(async () => (await import('../commands/trust/add.ts')).add, {
        ...given,
        typed: { provider, named: String(named) },
      }),
    );
  }
  declareWorkloads(trust, act);
  operated(
    define(trust, 'list', 'List trusted issuers and their rules').option(
      '--yaml',
      'Print a file for trust --file',
    ),
  ).action((given) => act(async () => (await import('../commands/trust/list.ts')).list, given));
  operated(define(trust, 'show <alias>', 'Show an issuer, and what to set up at its provider')).action(
    (alias, given) => act(async () => (await import('../commands/trust/show.ts')).show, { ...given, alias }),
  );
  operated(
    define(trust, 'remove <alias>', 'Stop trusting an issuer')
      .option('--rule <number>', 'Remove only this rule')
      .option('-y, --yes', 'Do not ask')
      .option('-n, --dry-run', 'Show what would change; change nothing'),
  ).action((alias, given) =>
    act(async () => (await import('../commands/trust/remove.ts')).remove, { ...given, alias }),
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
