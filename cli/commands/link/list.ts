import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { creatorOf, formatExpiry } from '../../links/describe-token.ts';
import { readLedger } from '../../links/ledger.ts';
import type { TokenEntry, TokenKind } from '../../links/token-entry.ts';
import { tokenStates } from '../../links/token-states.ts';
import { cutEnd } from '../../ui/columns.ts';
import { count, formatLimit, formatMinute } from '../../ui/format.ts';
import { type TextLine, visible } from '../../ui/shown.ts';
import { fields, tableLines } from '../../ui/table-lines.ts';
import type { OperatorArgs } from '../operator.ts';
import { withEdge } from './with-edge.ts';

export interface TokenListArgs extends OperatorArgs {
  readonly kind: TokenKind;
  /** Shows complete values. */
  readonly verbose?: boolean;
}

/** Maximum number of objects that are listed by name if they are not records. */
const MOST_NAMED = 10;

/** Lists the links or keys in the ledger of a deployment, newest first. */
export async function list(
  context: Context,
  { kind, verbose = false, ...args }: TokenListArgs,
): Promise<Result> {
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
      const example =
        kind === 'link'
          ? command`edge-upload link create`
          : command`edge-upload key create <name> --write-to '{name}/'`;
      return { document, text: [`There are no ${kind}s. Create one with:`, example] };
    }
    return { document, text: verbose ? tokens.flatMap(wholeLines) : shortLines(tokens, kind) };
  });
}

/** Widths of columns: with the other columns, and a name of usual length, a row fits into 80. */
const SCOPE_WIDTH = 21;
const NOTE_WIDTH = 19;

type Listed = Awaited<ReturnType<typeof tokenStates>>[number];

function shortLines(tokens: readonly Listed[], kind: TokenKind): TextLine[] {
  const isKey = kind === 'key';
  const rows = tokens.map((token) => [
    token.id,
    token.state,
    formatMinute(token.expiresAt),
    cutEnd(visible(token.key ?? token.prefix ?? ''), SCOPE_WIDTH),
    cutEnd(visible((isKey ? token.name : token.note) ?? ''), NOTE_WIDTH),
  ]);
  const header = ['Id', 'State', 'Expires (UTC)', 'Scope', isKey ? 'Name' : 'Note'];
  return [
    ...tableLines(header, rows),
    '',
    'Whole scopes and notes, limits, and who created each:',
    command`edge-upload ${kind} list --verbose`,
  ];
}

/** Returns all fields of a token, one a line. */
function wholeLines(token: Listed, at: number): TextLine[] {
  const { id, name, state, note } = token;
  return [
    ...(at === 0 ? [] : ['']),
    { style: 'bold', text: name === undefined ? id : `${id} (${name})` },
    ...fields([
      ['  state', state],
      ['  expires', formatExpiry(token)],
      ['  scope', token.key ?? token.prefix],
      ['  limit', limits(token) || undefined],
      ['  created by', creatorOf(token)],
      ['  note', note],
    ]),
  ];
}

function limits({ kind, maxSize, noClobber }: TokenEntry): string {
  const size = maxSize === undefined ? [] : [formatLimit(maxSize)];
  return [...size, ...(kind === 'key' && noClobber ? ['no clobber'] : [])].join(', ');
}
