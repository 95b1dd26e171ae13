import { omitUndefined } from '../../../protocol/fields.ts';
import { command, type Hint } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { formatMinute } from '../../ui/format.ts';
import { codeIn, expiryOf, readClaims, type TokenSource } from './access-token.ts';

/** The claims of a token of the deployment that its holder's error messages need. The edge verifies the token. */
export interface IssuedToken {
  readonly kind: 'link' | 'key';
  /** The only key that it allows; absent if it is for a prefix. */
  readonly key?: string;
  readonly prefix?: string;
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** Reads a token of a link (`eul_`) or a key (`euk_`); `undefined` for tokens of other issuers. */
export function readIssuedToken(token: string): IssuedToken | undefined {
  const kind = { eul_: 'link', euk_: 'key' }[token.slice(0, 4)] as IssuedToken['kind'] | undefined;
  if (kind === undefined) return undefined;
  const { k, p } = readClaims(token) ?? {};
  const [key, prefix] = [text(k), text(p)];
  return { kind, ...omitUndefined({ key, prefix }) };
}

const ASK = {
  link: 'Ask the sender of the link for a new one.',
  key: ['Operators create a new key with:', command`edge-upload key create <name> --write-to <prefix>`],
} as const satisfies Record<string, Hint>;

/** Hints for refusals of the edge and the store, by the code of the error. */
function hintFor({ kind, key, prefix = '' }: IssuedToken, { code }: UserError): Hint | undefined {
  if (code === 'exists') {
    if (key !== undefined && kind === 'link')
      return `The link is used up: it stores one file, once. ${ASK.link}`;
    return `A ${kind} like this never replaces a file. Rename the file, or choose another key with put --as.`;
  }
  if (code === 'forbidden') {
    const scope = key === undefined ? `keys that begin with “${prefix}”` : `the key “${key}”`;
    return `The ${kind} is for ${scope} only. Omit --as and --prefix, or begin with that.`;
  }
  if (code !== 'too_large') return undefined;
  return kind === 'link'
    ? 'Ask the sender of the link for one with a larger limit.'
    : [
        'For a larger limit, operators create a key with:',
        command`edge-upload key create <name> --write-to <prefix> --max-size <size>`,
      ];
}

function refused({ kind }: IssuedToken, token: string, source: string, reason = ''): UserError {
  const what = source === 'link' ? 'The link' : `The ${kind} in ${source}`;
  const code = codeIn(reason);
  const hint = ASK[kind];
  if (code === 'token_revoked') return new UserError('token_refused', `${what} was revoked.`, { hint });
  if (code === 'token_expired') {
    const end = expiryOf(token);
    const when = end === undefined ? '' : ` on ${formatMinute(end)} UTC`;
    return new UserError('token_refused', `${what} expired${when}.`, { hint });
  }
  const why = reason === '' ? '' : `: ${reason}`;
  return new UserError('token_refused', `The edge does not accept the ${kind}${why}.`, {
    hint: [
      'It may be damaged or belong to another edge, or all links and keys of this edge were revoked.',
      ...[hint].flat(),
    ],
  });
}

/**
 * Returns a source of a token that the deployment signed.
 * @param source `link` for the address of a link, otherwise the name of a variable
 */
export function issuedToken(token: string, issued: IssuedToken, source: string): TokenSource {
  return {
    current: async () => token,
    async renew(_rejected, reason) {
      throw refused(issued, token, source, reason);
    },
    endsAt: async () => expiryOf(token),
    explain(error) {
      const hint = hintFor(issued, error);
      return hint === undefined ? error : new UserError(error.code, error.message, { hint, cause: error });
    },
  };
}
