import type { Context, Result } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { readLedger } from '../../links/ledger.ts';
import { LONGEST, type TokenEntry } from '../../links/token-entry.ts';
import { stateOf } from '../../links/token-states.ts';
import { rotateSigningKey } from '../../stack/signing/signing-options.ts';
import { count, formatMinute } from '../../ui/format.ts';
import { type ApplyArgs, applyOptions } from '../deploy.ts';
import { withEdge } from '../link/with-edge.ts';

export interface RotateArgs extends ApplyArgs {
  /** Delete the present signing key at once: every link and key stops. */
  readonly drop?: boolean;
}

interface Alive {
  readonly links: number;
  readonly keys: number;
  /** Seconds since 1970 when the last token of the newest signing key ends. */
  readonly until: number;
}

/** Replaces the signing key. The present one verifies until its last token ends, unless it is dropped. */
export async function rotate(context: Context, { drop = false, ...args }: RotateArgs): Promise<Result> {
  const { links, keys, until } = await withEdge(context, args, async (work, edge): Promise<Alive> => {
    const [newest] = edge.kids;
    if (newest === undefined) throw nothingToRotate();
    const now = Math.floor(context.now().getTime() / 1000);
    const ledgers = await Promise.all(
      (['link', 'key'] as const).map((kind) => readLedger(work, edge.bucket, kind)),
    );
    const alive = ledgers
      .flatMap(({ entries }) => entries)
      .filter((entry) => stateOf(entry, edge, context.now()) === 'active');
    const ends = alive.filter(({ kid }) => kid === newest).map(endOf);
    // What is not on record may be valid for as long as any token.
    const isWhole = ledgers.every(
      ({ odd, omitted }) => omitted === 0 && odd.every(({ id }) => id === undefined),
    );
    const last =
      isWhole && !edge.forgets ? ends.reduce((latest, end) => Math.max(latest, end), now) : Infinity;
    return {
      links: alive.filter(({ kind }) => kind === 'link').length,
      keys: alive.filter(({ kind }) => kind === 'key').length,
      until: Math.min(last, now + LONGEST),
    };
  });
  const active = `${count(links, 'link')} and ${count(keys, 'key')}`;
  const last = `${formatMinute(new Date(until * 1000))} UTC`;
  context.ui.event({
    type: drop ? 'warning' : 'note',
    text: drop
      ? `All links and keys stop at once: ${active} that are valid now. The present signing key is deleted.`
      : [
          'A new KMS key signs from now on. AWS charges $1 a month for each.',
          `The present one is kept until its last token ends, ${last}: ${active} stay valid.`,
        ],
  });
  const result = await applyOptions(context, args, (kept) => ({
    options: rotateSigningKey(kept, drop ? undefined : until),
  }));
  if (result.document.outcome === 'declined') {
    return { document: { outcome: 'declined' }, text: 'Nothing was changed.' };
  }
  const keptUntil = drop ? undefined : new Date(until * 1000).toISOString();
  return {
    document: { outcome: 'rotated', dropped: drop, keptUntil, links, keys },
    text: [
      { mark: 'done', text: 'A new signing key signs links and keys.' },
      drop
        ? `No earlier link or key is valid: ${active} stopped.`
        : `Earlier links and keys stay valid. A deploy after ${last} deletes the old signing key.`,
    ],
  };
}

const endOf = ({ expiresAt }: TokenEntry) => Date.parse(expiresAt) / 1000;

function nothingToRotate(): UserError {
  return new UserError('usage', 'The deployment has no signing key yet: no link or key was created.', {
    hint: ['The first one creates it:', '  edge-upload link create'],
  });
}
