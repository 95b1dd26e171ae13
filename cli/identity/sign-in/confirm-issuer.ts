import { POOL_ALIAS } from '../../../protocol/issuer.ts';
import type { Hint } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { Target } from '../../settings/target.ts';
import { shellWord } from '../../ui/shell-words.ts';
import { isClientAudience } from '../oidc/granted-tokens.ts';
import type { PeopleIssuer } from './choose-issuer.ts';
import { loginCommand } from './username.ts';

/** The issuer of the last sign-in, and the one that the edge names now. */
interface Change {
  readonly before: string;
  readonly now: string;
}

/** An issuer that this computer signed in at before. */
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

/** Returns what changed; `undefined` for a known issuer, and for a new one that the user chose by its alias. */
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
 * Asks before a sign-in at an issuer or a client that this computer did not use before with the deployment. A
 * compromised edge could send its users elsewhere.
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
  await requireConfirmed(ui, {
    warning: `At your last sign-in, ${host} used ${change.before}. It now uses ${change.now}.`,
    question: 'Sign in there?',
    flag: '--accept-issuer',
    refusal: `${host} names another issuer than before`,
    hint: ['If its operator confirms the change:', loginCommand(target.url, '--accept-issuer')],
  });
}

interface Confirmation {
  readonly warning: string;
  readonly question: string;
  /** Flag that answers the question. */
  readonly flag: string;
  /** Why the sign-in ends without a yes. */
  readonly refusal: string;
  readonly hint: Hint;
}

/** Warns, and asks. @throws {UserError} `sign_in_refused` for every answer but yes */
async function requireConfirmed(
  ui: Context['ui'],
  { warning, question, flag, refusal, hint }: Confirmation,
): Promise<void> {
  ui.event({ type: 'warning', text: warning });
  if (await ui.confirm(question, flag)) return;
  throw new UserError('sign_in_refused', `Not signed in: ${refusal}.`, { hint });
}

interface AudienceFlags {
  /** `--audience` */
  readonly given: string | undefined;
  readonly acceptIssuer: boolean | undefined;
}

/**
 * Returns the audience of the wanted token, if it is not the edge's own address. An edge can name any audience and any
 * client: unless the user accepts it, no token for another service is requested or sent.
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
    await requireConfirmed(ui, {
      warning: `The edge ${host} will receive a token made for the application ${clientId}.`,
      question: `Sign in at ${new URL(issuer).host} as application ${clientId}?`,
      flag: '--accept-issuer',
      refusal: `${host} gets no token of ${clientId}`,
      hint: [
        'If the operator of the edge confirms that application:',
        loginCommand(url, '--issuer', alias, '--accept-issuer'),
      ],
    });
    return audience;
  }
  await requireConfirmed(ui, {
    warning: `${host} accepts tokens of ${alias} for “${audience}”, which is not its own address. It receives such a token.`,
    question: `Request a token for “${audience}”?`,
    flag: `--audience ${shellWord(audience)}`,
    refusal: `no token for “${audience}” is requested`,
    hint: ['If the operator of the edge confirms that audience:', loginCommand(url, '--audience', audience)],
  });
  return audience;
}
