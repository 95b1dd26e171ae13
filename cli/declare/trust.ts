import type { Command as Commander, OptionValues } from '@commander-js/extra-typings';
import { type Act, define, operated } from './shared.ts';
import { trusted } from './trust-options.ts';
import { declareWorkloads } from './trust-workloads.ts';

function people<Args extends unknown[], Options extends OptionValues, Globals extends OptionValues>(
  command: Commander<Args, Options, Globals>,
) {
  return trusted(
    command
      .option('--client-id <id>', "the command line's client, as registered at the provider")
      .option('--token <kind>', 'the tokens to accept: access or id')
      .option('--name <claim>', 'the claim of {name}')
      .option('--groups <claim>', 'the claim of {group}'),
  );
}

const PEOPLE = [
  ['entra', 'tenant', 'people of a tenant of Microsoft Entra ID, by its id or a domain'],
  ['okta', 'url', 'people of an Okta organisation: the address of its authorization server'],
  ['auth0', 'domain', 'people of an Auth0 tenant, by its domain'],
  ['keycloak', 'url', 'people of a Keycloak realm'],
  ['google', 'domain', 'people of a Google Workspace, by its domain'],
  ['oidc', 'issuer', 'people of any provider with OpenID Connect discovery'],
] as const;

const EXAMPLES: Readonly<Partial<Record<(typeof PEOPLE)[number][0], readonly string[]>>> = {
  entra: ['edge-upload trust entra contoso.onmicrosoft.com --client-id <id> --when roles=uploader'],
  google: ['edge-upload trust google example.com --client-id <id>'],
  keycloak: [
    'edge-upload trust keycloak sso.example.com/realms/staff --client-id cli --when /realm_access/roles=uploader',
  ],
};

/** `trust`: who may upload beside the users of the pool. */
export function declareTrust(root: Commander, act: Act): void {
  const trust = define(root, 'trust', 'trust identity providers and CI systems: who else may upload', [
    'edge-upload trust entra contoso.onmicrosoft.com --client-id <id>',
    'edge-upload trust github acme/app --branch main',
    'edge-upload trust list --yaml > trust.yaml',
    'edge-upload trust --file trust.yaml',
  ]).helpCommand(false);
  operated(
    trust
      .option('--file <path>', 'trust the issuers of a file, and no others')
      .option('-y, --yes', 'do not ask')
      .option('-n, --dry-run', 'show what would be changed, and change nothing'),
  ).action((given) => act(async () => (await import('../commands/trust/file.ts')).file, given));

  for (const [provider, argument, summary] of PEOPLE) {
    people(define(trust, `${provider} <${argument}>`, summary, EXAMPLES[provider])).action((named, given) =>
      act(async () => (await import('../commands/trust/add.ts')).add, {
        ...given,
        typed: { provider, named: String(named) },
      }),
    );
  }
  declareWorkloads(trust, act);
  operated(
    define(trust, 'list', 'list trusted issuers and their rules').option(
      '--yaml',
      'as a file for trust --file',
    ),
  ).action((given) => act(async () => (await import('../commands/trust/list.ts')).list, given));
  operated(define(trust, 'show <alias>', 'show one issuer, and what to set up at its provider')).action(
    (alias, given) => act(async () => (await import('../commands/trust/show.ts')).show, { ...given, alias }),
  );
  operated(
    define(trust, 'remove <alias>', 'trust an issuer no longer')
      .option('--rule <number>', 'remove this rule alone')
      .option('-y, --yes', 'do not ask')
      .option('-n, --dry-run', 'show what would be changed, and change nothing'),
  ).action((alias, given) =>
    act(async () => (await import('../commands/trust/remove.ts')).remove, { ...given, alias }),
  );
}
