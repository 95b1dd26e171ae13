import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { Context, Result } from '../../context.ts';
import { readLedger } from '../../links/ledger.ts';
import type { TokenEntry, TokenKind } from '../../links/token-entry.ts';
import { tokenStates } from '../../links/token-states.ts';
import { makerOf } from '../../links/words.ts';
import { count, formatLimit, formatMinute } from '../../ui/format.ts';
import { tableLines } from '../../ui/table-lines.ts';
import type { OperatorArgs } from '../operator.ts';
import { withEdge } from './with-edge.ts';

export interface TokenListArgs extends OperatorArgs {
  readonly kind: TokenKind;
}

/** Objects that are named one by one, if they are no records. */
const MOST_NAMED = 10;

/** Lists the links or the keys of a deployment, the newest first, as its ledger has them. */
export async function list(context: Context, { kind, ...args }: TokenListArgs): Promise<Result> {
  return withEdge(context, args, async (work, edge) => {
    const { ui } = context;
    const { entries, odd, omitted } = await readLedger(work, edge.bucket, kind);
    const tokens = await tokenStates(work, edge, entries);
    for (const { key } of odd.slice(0, MOST_NAMED)) {
      ui.event({ type: 'warning', text: `${key} is not a record of a ${kind} that this version can read.` });
    }
    if (odd.length > MOST_NAMED) {
      const more = count(odd.length - MOST_NAMED, 'more object');
      ui.event({ type: 'warning', text: `${more} like these; --json names all of them.` });
    }
    if (omitted > 0) {
      ui.event({ type: 'note', text: `${count(omitted, `older ${kind}`)} not shown.` });
    }
    const document = {
      [`${kind}s`]: tokens.map((token) => ({ ...token })),
      unreadable: odd.map(({ key }) => key),
      ...omitUndefined({ omitted: omitted || undefined }),
    };
    if (tokens.length === 0) {
      const example = kind === 'link' ? 'link create' : "key create <name> --write-to '{name}/'";
      return { document, text: [`There are no ${kind}s. Create one with:`, `  edge-upload ${example}`] };
    }
    const isKey = kind === 'key';
    const header = ['Id', ...(isKey ? ['Name'] : []), 'State', 'Ends (UTC)', 'Scope', 'Limit', 'Created by'];
    const rows = tokens.map((token) => [
      token.id,
      ...(isKey ? [token.name ?? ''] : []),
      token.state,
      formatMinute(token.expiresAt),
      token.key ?? token.prefix ?? '',
      limits(token),
      makerOf(token),
      token.note ?? '',
    ]);
    return { document, text: tableLines(isKey ? header : [...header, 'Note'], rows) };
  });
}

function limits({ kind, maxSize, noClobber }: TokenEntry): string {
  const size = maxSize === undefined ? [] : [formatLimit(maxSize)];
  return [...size, ...(kind === 'key' && noClobber ? ['no clobber'] : [])].join(', ');
}
