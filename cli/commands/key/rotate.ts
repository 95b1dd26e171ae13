import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { interrupted, isUserError, UserError } from '../../errors.ts';
import type { DeployedEdge } from '../../links/deployed-edge.ts';
import { readLedger } from '../../links/ledger.ts';
import { MAX_LIFETIME_SECONDS, type TokenEntry } from '../../links/token-entry.ts';
import { stateOf } from '../../links/token-states.ts';
import { resumable } from '../../network/cancellation.ts';
import { secondsAtAws, timeAtAws } from '../../stack/aws-calls.ts';
import type { StackWork } from '../../stack/find-stack.ts';
import { mayContinue } from '../../stack/operate/follow.ts';
import { readOptions } from '../../stack/options/deployed-options.ts';
import { keepSigningKey, MARGIN_SECONDS, rotateSigningKey } from '../../stack/signing/signing-options.ts';
import { count, formatMinute } from '../../ui/format.ts';
import { type ApplyArgs, applyOptions } from '../deploy.ts';
import { withEdge } from '../link/with-edge.ts';

/** The hint of `deploy` before it changes anything. */
const UNCHANGED = 'Nothing was changed.';

export interface RotateArgs extends ApplyArgs {
  /** Delete the old signing key at once: every link and key stops. */
  readonly drop?: boolean;
}

interface Alive {
  readonly links: number;
  readonly keys: number;
  /** Seconds since 1970 when the last known token of the signing key expires; absent without one. */
  readonly last?: number;
  /** Whether the ledger contains every token that can be valid. */
  readonly isWhole: boolean;
}

/** Returns which tokens are valid now. @param kid of the signing key that is replaced */
async function aliveOf(work: StackWork, edge: DeployedEdge, kid: string): Promise<Alive> {
  const ledgers = await Promise.all(
    (['link', 'key'] as const).map((kind) => readLedger(work, edge.bucket, kind)),
  );
  const alive = ledgers
    .flatMap(({ entries }) => entries)
    .filter((entry) => stateOf(entry, edge, timeAtAws(work)) === 'active');
  const ends = alive.filter((entry) => entry.kid === kid).map(endOf);
  const isRead = ledgers.every(
    ({ odd, omitted }) => omitted === 0 && odd.every(({ id }) => id === undefined),
  );
  return {
    links: alive.filter(({ kind }) => kind === 'link').length,
    keys: alive.filter(({ kind }) => kind === 'key').length,
    isWhole: isRead && edge.expireAfterDays === undefined,
    ...(ends.length > 0 && { last: ends.reduce((latest, end) => Math.max(latest, end)) }),
  };
}

/** `edge-upload key rotate`: replaces the signing key. The old one verifies until its last token expires, unless it is dropped. */
export async function rotate(context: Context, { drop = false, ...args }: RotateArgs): Promise<Result> {
  const find = () =>
    withEdge(context, args, async (work, edge, { template }) => {
      const [newest] = edge.kids;
      if (newest === undefined) throw nothingToRotate();
      const key = readOptions(template).signing?.keys[0];
      const alive = await aliveOf(work, edge, newest);
      return { kid: newest, id: key?.id ?? '', alive, now: secondsAtAws(work) };
    });
  const { kid, id, alive, now } = await resumable(UNCHANGED, find);
  const { links, keys } = alive;
  // Tokens without a record can be valid for the maximum lifetime.
  const until = Math.min(
    alive.isWhole ? Math.max(alive.last ?? 0, now) : Infinity,
    now + MAX_LIFETIME_SECONDS,
  );
  const active = `${count(links, 'link')} and ${count(keys, 'key')}`;
  const isNoneLeft = until === now;
  const last = minuteOf(until);
  const deletable = minuteOf(until + MARGIN_SECONDS);
  context.ui.event({
    type: drop ? 'warning' : 'note',
    text: drop
      ? `All links and keys stop working at once, ${active} today. The old signing key is deleted.`
      : [
          'A new KMS key signs from now on. AWS charges $1 a month for each.',
          isNoneLeft
            ? `No link or key is valid, so a deploy after ${deletable} deletes the old one.`
            : `The old one verifies until ${last}, when all its links and keys have expired. ${active} stay valid.`,
        ],
  });
  const result = await onlyOnce(() =>
    applyOptions(context, args, (previous) => ({
      options: rotateSigningKey(previous, drop ? undefined : until),
    })),
  );
  if (result.document.outcome === 'declined') {
    return { document: { outcome: 'declined' }, text: 'Nothing was changed.' };
  }
  const failure = drop ? undefined : await keepForLater(context, args, { kid, id, until });
  const keptUntil = drop ? undefined : new Date(until * 1000).toISOString();
  return {
    document: { outcome: 'rotated', dropped: drop, keptUntil, links, keys },
    text: [
      { mark: 'done', text: 'A new signing key signs links and keys.' },
      drop
        ? `Earlier links and keys are invalid: ${active} stopped.`
        : isNoneLeft
          ? `Earlier links and keys are invalid. A deploy after ${deletable} deletes the old signing key.`
          : `Earlier links and keys stay valid. A deploy after ${deletable} deletes the old signing key.`,
    ],
    ...omitUndefined({ exitCode: failure?.exitCode }),
  };
}

/**
 * Runs the deploy. After Ctrl-C or a lost response, its error says to look first: the same command would replace the new
 * key too.
 */
async function onlyOnce(apply: () => Promise<Result>): Promise<Result> {
  try {
    return await apply();
  } catch (error) {
    if (!isUserError(error)) throw error;
    const isFollowed = mayContinue(error);
    if (!isFollowed && (error.code !== 'interrupted' || error.hint === UNCHANGED)) throw error;
    throw new UserError(error.code, error.message, {
      hint: [
        ...(isFollowed ? error.hintLines.slice(0, -1) : []),
        'CloudFormation may continue to replace the signing key. Complete the change, then see which key signs:',
        command`edge-upload deploy`,
        command`edge-upload status`,
      ],
      cause: error.cause,
    });
  }
}

/** A replaced signing key, and until when it is kept. */
interface Replaced {
  readonly kid: string;
  readonly id: string;
  /** Seconds since 1970. */
  readonly until: number;
}

/**
 * Keeps the replaced key longer, if it signed a token while it was being replaced. `link create` and `key create` notice a
 * replacement that is deployed before they end. Returns its error instead of throwing it: the key was replaced.
 */
async function keepForLater(
  context: Context,
  args: ApplyArgs,
  replaced: Replaced,
): Promise<UserError | undefined> {
  try {
    await keepWhatSigned(context, args, replaced);
    return undefined;
  } catch (error) {
    if (!isUserError(error)) throw error;
    const early = `Links and keys that were created meanwhile may stop early, at ${minuteOf(replaced.until)}.`;
    if (error.code === 'interrupted') {
      throw interrupted(['A new signing key signs links and keys.', early]);
    }
    context.ui.event({ type: 'warning', text: [`${early} ${error.message}`, ...error.hintLines] });
    return error;
  }
}

async function keepWhatSigned(
  context: Context,
  args: ApplyArgs,
  { kid, id, until }: Replaced,
): Promise<void> {
  const { last = 0 } = await withEdge(context, args, (work, edge) => aliveOf(work, edge, kid));
  if (last <= until) return;
  context.ui.event({
    type: 'note',
    text: `A link or key was created meanwhile. Its signing key is kept until it expires, ${minuteOf(last)}.`,
  });
  await applyOptions(context, { ...args, yes: true }, (previous) => ({
    options: keepSigningKey(previous, id, last),
  }));
}

const minuteOf = (seconds: number) => `${formatMinute(new Date(seconds * 1000))} UTC`;

const endOf = ({ expiresAt }: TokenEntry) => Date.parse(expiresAt) / 1000;

function nothingToRotate(): UserError {
  return new UserError('usage', 'The deployment has no signing key yet: no link or key was created.', {
    hint: ['The first one creates it:', command`edge-upload link create`],
  });
}
