import { POOL_ALIAS } from '../../../protocol/issuer-alias.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { Target } from '../../settings/target.ts';
import { shellWord } from '../../ui/shell-word.ts';
import type { DescribedIssuer } from '../described-issuer.ts';
import { isClientAudience } from '../oidc/granted-tokens.ts';
import { loginCommand } from './username.ts';

/** Issuer that people sign in at. */
export type PeopleIssuer = DescribedIssuer & { readonly clientId: string };

export interface IssuerFlags {
  /** `--issuer` */
  readonly alias?: string;
  /** True if other flags are of the user pool alone. */
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
  { alias, isOfPool }: IssuerFlags,
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

function choices(url: string, people: readonly PeopleIssuer[]): string[] {
  return people.map(({ alias }) => `  ${loginCommand(url)} --issuer ${shellWord(alias)}`);
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
      hint: ['Its operator trusts an identity provider or a CI system:', '  edge-upload trust --help'],
    });
  }
  if (issuers.some(({ kind }) => kind === 'people')) {
    return new UserError(
      'usage',
      `${new URL(url).host} has no client that edge-upload login signs in with.`,
      {
        hint: [
          'Its operator adds one:',
          '  edge-upload trust <provider> … --client-id <id>',
          'A token from elsewhere is given in EDGE_UPLOAD_TOKEN.',
        ],
      },
    );
  }
  return new UserError(
    'usage',
    `Nobody can sign in to ${new URL(url).host}: it accepts only tokens of CI jobs.`,
    {
      hint: ['In a job that it trusts, upload without a sign-in:', '  edge-upload put <file>'],
    },
  );
}

/** What was signed in at before, and what the edge names now. */
interface Change {
  readonly before: string;
  readonly now: string;
}

/** What this computer signed in at before. */
interface Before extends Pick<PeopleIssuer, 'alias' | 'kind'> {
  readonly text: string;
  isSame(issuer: PeopleIssuer): boolean;
}

function textOf({ issuer, clientId }: Pick<PeopleIssuer, 'issuer' | 'clientId'>): string {
  return `${issuer} (client ${clientId})`;
}

function knownBefore({ deployment }: Target): Before[] {
  const { userPoolId, clientId: client, issuers = [] } = deployment ?? {};
  const people = issuers.map(
    (known): Before => ({
      alias: known.alias,
      kind: 'people',
      text: textOf(known),
      isSame: ({ kind, issuer, clientId }) =>
        kind === 'people' && issuer === known.issuer && clientId === known.clientId,
    }),
  );
  if (userPoolId === undefined) return people;
  const pool: Before = {
    alias: POOL_ALIAS,
    kind: 'pool',
    text: `the user pool ${userPoolId}`,
    isSame: ({ kind, issuer, clientId }) =>
      kind === 'pool' && issuer.endsWith(`/${userPoolId}`) && clientId === client,
  };
  return [...people, pool];
}

/** Returns what changed. Another issuer beside the known ones is no change if the user chose it. */
function changeOf(target: Target, issuer: PeopleIssuer, isNamed: boolean): Change | undefined {
  const known = knownBefore(target);
  if (known.some((one) => one.isSame(issuer))) return undefined;
  const isPool = issuer.kind === 'pool';
  const replaced = known.find(({ alias, kind }) => alias === issuer.alias || (isPool && kind === 'pool'));
  const before = replaced ?? (isNamed ? undefined : known[0]);
  if (before === undefined) return undefined;
  const pool = issuer.issuer.slice(issuer.issuer.lastIndexOf('/') + 1);
  return { before: before.text, now: isPool ? `the user pool ${pool}` : textOf(issuer) };
}

/**
 * Asks before a sign-in at an issuer or a client that this computer did not use before with the deployment: whoever
 * controls the edge could send its users elsewhere.
 * @param isNamed true if the user chose the issuer by its alias
 */
export async function confirmIssuer(
  { ui }: Pick<Context, 'ui'>,
  target: Target,
  issuer: PeopleIssuer,
  { accepted, isNamed }: { readonly accepted: boolean; readonly isNamed: boolean },
): Promise<void> {
  const change = changeOf(target, issuer, isNamed);
  if (change === undefined || accepted) return;
  const { host } = new URL(target.url);
  ui.event({
    type: 'warning',
    text: `${host} sent its users to ${change.before} when you signed in last. It now names ${change.now}.`,
  });
  if (await ui.confirm('Sign in there?', '--accept-issuer')) return;
  throw new UserError('sign_in_refused', `Not signed in: ${host} names another issuer than before.`, {
    hint: ['If its operator confirms the change:', `  ${loginCommand(target.url)} --accept-issuer`],
  });
}

interface AudienceFlags {
  /** `--audience` */
  readonly given: string | undefined;
  readonly acceptIssuer: boolean | undefined;
}

/**
 * Returns the audience of the wanted token, if it is not the edge's own address. An edge can name any audience and any
 * client: without the user's word, no token for another service is requested, and none is sent.
 */
export async function acceptedAudience(
  { ui }: Pick<Context, 'ui'>,
  { url, deployment }: Target,
  { alias, issuer, clientId, audience: named = url, token }: PeopleIssuer,
  { given, acceptIssuer }: AudienceFlags,
): Promise<string | undefined> {
  // An ID token is for the client: https://openid.net/specs/openid-connect-core-1_0.html#IDToken
  const audience = token === 'id' ? clientId : (given ?? named);
  if (audience === url) return undefined;
  const known = deployment?.issuers?.find((one) => one.issuer === issuer && one.clientId === clientId);
  if (audience === given || known?.audience === audience) return audience;
  const { host } = new URL(url);
  if (isClientAudience(audience, clientId)) {
    if (acceptIssuer) return audience;
    ui.event({
      type: 'warning',
      text: `The edge ${host} will receive a token made for the application ${clientId}.`,
    });
    const place = new URL(issuer).host;
    if (await ui.confirm(`Sign in at ${place} as application ${clientId}?`, '--accept-issuer'))
      return audience;
    throw new UserError('sign_in_refused', `Not signed in: ${host} gets no token of ${clientId}.`, {
      hint: [
        'If the operator of the edge confirms that application:',
        `  ${loginCommand(url)} --issuer ${shellWord(alias)} --accept-issuer`,
      ],
    });
  }
  ui.event({
    type: 'warning',
    text: `${host} accepts tokens of ${alias} for “${audience}”, which is not its own address. It receives such a token.`,
  });
  const flag = `--audience ${shellWord(audience)}`;
  if (await ui.confirm(`Request a token for “${audience}”?`, flag)) return audience;
  throw new UserError('sign_in_refused', `Not signed in: no token for “${audience}” is requested.`, {
    hint: ['If the operator of the edge confirms that audience:', `  ${loginCommand(url)} ${flag}`],
  });
}
