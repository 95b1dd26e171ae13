import { type CommandLine, command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { DescribedIssuer } from '../edge-description.ts';
import { loginCommand } from './username.ts';

/** Issuer that people sign in at. */
export type PeopleIssuer = DescribedIssuer & { readonly clientId: string };

export interface IssuerChoice {
  /** `--issuer` */
  readonly alias?: string;
  /** True if a flag is given that only the user pool has. */
  readonly isOfPool: boolean;
}

function isOfPeople(issuer: DescribedIssuer): issuer is PeopleIssuer {
  return issuer.kind !== 'workload' && issuer.clientId !== undefined;
}

interface ChosenIssuer {
  readonly issuer: PeopleIssuer;
  /** True if the user typed its alias. */
  readonly isNamed: boolean;
}

/** Returns the name of an issuer with its host, as in `corp (login.acme.com)`. */
function named({ alias, kind, issuer }: DescribedIssuer): string {
  return kind === 'pool' ? `${alias} (user name and password)` : `${alias} (${new URL(issuer).host})`;
}

/**
 * Returns the issuer to sign in at: the only one, the one that is named, or the user's answer.
 * @throws {UserError} `usage` without a terminal, with the choices
 */
export async function chooseIssuer(
  { ui }: Pick<Context, 'ui'>,
  url: string,
  issuers: readonly DescribedIssuer[],
  { alias, isOfPool }: IssuerChoice,
): Promise<ChosenIssuer> {
  const people = issuers.filter(isOfPeople);
  const aliases = people.map((one) => one.alias);
  if (alias !== undefined) {
    const found = people.find((one) => one.alias === alias);
    if (found !== undefined) return { issuer: found, isNamed: true };
    throw noSuchIssuer(url, alias, people);
  }
  const pool = people.find(({ kind }) => kind === 'pool');
  if (isOfPool && pool !== undefined) return { issuer: pool, isNamed: false };
  const [only, ...others] = people;
  if (only === undefined) throw noIssuer(url, issuers);
  if (others.length === 0) return { issuer: only, isNamed: false };
  if (!ui.interactive) throw severalIssuers(url, people);
  ui.event({
    type: 'instruction',
    text: [`${new URL(url).host} accepts the users of:`, ...people.map((one) => `  ${named(one)}`)],
  });
  const chosen = (answer: string) => people.find((one) => one.alias === answer.trim().toLowerCase());
  const answer = await ui.ask({
    prompt: `Sign in with (${aliases.join(', ')})`,
    flag: '--issuer <alias>',
    reject: (typed) => (chosen(typed) === undefined ? `Type one of ${aliases.join(', ')}` : undefined),
  });
  return { issuer: chosen(answer) ?? only, isNamed: true };
}

function choices(url: string, people: readonly PeopleIssuer[]): CommandLine[] {
  return people.map(({ alias }) => loginCommand(url, '--issuer', alias));
}

function severalIssuers(url: string, people: readonly PeopleIssuer[]): UserError {
  const names = people.map(named).join(', ');
  return new UserError('usage', `${new URL(url).host} accepts the users of several issuers: ${names}.`, {
    hint: ['Name one:', ...choices(url, people)],
  });
}

function noSuchIssuer(url: string, alias: string, people: readonly PeopleIssuer[]): UserError {
  return new UserError('usage', `${new URL(url).host} has no issuer “${alias}” for people.`, {
    hint: people.length === 0 ? 'Ask its operator.' : ['Name one of these:', ...choices(url, people)],
  });
}

function noIssuer(url: string, issuers: readonly DescribedIssuer[]): UserError {
  if (issuers.length === 0) {
    return new UserError('usage', `Nobody can sign in to ${new URL(url).host}: it trusts no issuer.`, {
      hint: ['Its operator trusts an identity provider or a CI system:', command`edge-upload trust --help`],
    });
  }
  if (issuers.some(({ kind }) => kind === 'people')) {
    return new UserError('usage', `${new URL(url).host} has no client for the command line.`, {
      hint: [
        'Its operator adds one:',
        command`edge-upload trust <provider> … --client-id <id>`,
        'To use a token from elsewhere, set EDGE_UPLOAD_TOKEN.',
      ],
    });
  }
  return new UserError(
    'usage',
    `Nobody can sign in to ${new URL(url).host}: it accepts only tokens of CI jobs.`,
    {
      hint: ['In a job that it trusts, upload without a sign-in:', command`edge-upload put <file>`],
    },
  );
}
