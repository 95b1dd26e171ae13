import type { EdgeConfig } from '../../../edge/config.ts';
import { configOf } from '../../../edge/issuers.ts';
import type { TrustedKeys } from '../../../infra/edge-code.ts';
import { policyOf } from '../../../infra/edge-code.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { EXIT, isUserError, UserError } from '../../errors.ts';
import { discover } from '../../identity/discovery.ts';
import { linesOf } from '../../identity/sign-in/stdin-lines.ts';
import { type IssuedToken, readIssuedToken } from '../../identity/tokens/issued-token.ts';
import { edgeUrl } from '../../settings/edge-url.ts';
import { poolIdentity } from '../../stack/template/key-sets.ts';
import { bareToken } from '../../text.ts';
import { checkHints } from '../../trust/check-hints.ts';
import { evaluateToken, type TokenEvaluation, unmetLines } from '../../trust/check-token.ts';
import { ruleSentence } from '../../trust/describe-issuer.ts';
import { openDocuments } from '../../trust/documents.ts';
import { formatLimit, formatMinute } from '../../ui/format.ts';
import type { TextLine } from '../../ui/shown.ts';
import { fields } from '../../ui/table-lines.ts';
import type { OperatorArgs } from '../operator.ts';
import { type DeployedTrust, deployedTrust } from './list.ts';

export interface CheckArgs extends OperatorArgs {
  /** Absent: read from standard input. */
  readonly token?: string;
  /** Fetch the issuer's keys, and check the signature too. */
  readonly verify?: boolean;
}

/** Checks a token as the edge does, and explains the result. The token itself is never shown. */
export async function check(
  context: Context,
  { token, verify = false, ...args }: CheckArgs,
): Promise<Result> {
  const given = bareToken(await readToken(context, token));
  if (given === '') throw noToken();
  const issued = readIssuedToken(given);
  if (issued !== undefined) throw ofDeployment(issued);
  const deployed = await deployedTrust(context, args);
  const config = knownToEdge(deployed);
  const circumstances = { domain: deployed.domain, now: deployed.now.getTime() / 1000 };
  const download = verify ? keySets(context, deployed, config) : undefined;
  const judgement = await evaluateToken(given, config, { ...circumstances, download });
  if (verify && judgement.refusal?.code === 'invalid_token') {
    const baked = await evaluateToken(given, knownToEdge(deployed, deployed.keys), circumstances);
    if (baked.verified && baked.refusal === undefined) return described(context, deployed, baked, 'deployed');
    // The edge fetches keys itself, and keeps withdrawn keys for a time.
    if (await edgeAccepts(context, deployed, given)) {
      const unverified = await evaluateToken(given, config, circumstances);
      return described(context, deployed, { ...unverified, verified: true }, 'fetched');
    }
  }
  return described(context, deployed, judgement);
}

/** Asks the edge whether it accepts a token for this edge. Without a response, the result is unchanged. */
async function edgeAccepts(
  context: Context,
  { stackName, domain, local }: DeployedTrust,
  token: string,
): Promise<boolean> {
  if (domain === undefined) return false;
  const url = edgeUrl(domain);
  const deployment = { name: stackName, url, ...omitUndefined({ local }) };
  try {
    await discover(context, { url, deployment, token });
    return true;
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    context.ui.event({ type: 'debug', text: error.message });
    return false;
  }
}

function noToken(): UserError {
  return new UserError('usage', 'There is no token to check.', {
    hint: [
      'Pipe one in, so that it does not appear in the process list:',
      command`edge-upload trust check < token.txt`,
    ],
  });
}

/** Returns the error for a link or key: no trusted issuer signed it, and no rule applies to it. */
function ofDeployment({ kind }: IssuedToken): UserError {
  return new UserError('usage', `This is a ${kind} of a deployment, not a token of an issuer.`, {
    hint: [`See what each ${kind} allows, and until when:`, `  edge-upload ${kind} list`],
  });
}

/** Returns the token of the command line, otherwise the first line of standard input. */
async function readToken({ stdin, signal, ui }: Context, typed: string | undefined): Promise<string> {
  if (typed !== undefined) {
    ui.event({
      type: 'warning',
      text: 'A token on the command line appears in the process list and in the history of the shell. Pipe it in instead.',
    });
    return typed;
  }
  if (stdin.isTTY === true) throw noToken();
  return (await linesOf(stdin, signal).next()) ?? '';
}

/**
 * Returns a function that fetches key sets as text. The key sets of user pools in an embedded cloud are read from that
 * cloud.
 */
function keySets(
  context: Context,
  { pool, cognitoUrl, local }: DeployedTrust,
  { issuers }: EdgeConfig,
): (uri: string) => Promise<string> {
  const documents = openDocuments(context, local !== undefined);
  return async (uri) => {
    const isPool = issuers.some(({ kind, jwksUri }) => kind === 'pool' && jwksUri === uri);
    if (pool !== undefined && isPool) {
      const identity = await poolIdentity({ context, clients: { cognitoUrl }, local }, pool);
      return JSON.stringify(identity?.jwks);
    }
    const fetched = await documents.fetch(uri);
    if ('status' in fetched) throw new Error(`status ${fetched.status}`);
    return JSON.stringify(fetched.fields);
  };
}

/** Returns the configuration of the edge. Without `keys`, its issuers have no keys. */
function knownToEdge({ issuers, options, pool }: DeployedTrust, keys?: TrustedKeys): EdgeConfig {
  const { domain } = options;
  return configOf({
    ...(pool && { ...pool, jwks: { keys: [] } }),
    policy: policyOf(options),
    issuers: issuers.map((issuer) => ({ ...issuer, keys: keys?.keySets[issuer.alias] ?? [] })),
    ...omitUndefined({ bakedAt: keys?.bakedAt }),
    origins: domain === undefined ? [] : [`https://${domain}`],
  });
}

/** Returns the source of a key that its issuer no longer publishes: the last deploy, or a download by the edge. */
type WithdrawnKey = 'deployed' | 'fetched';

function described(
  { inUse }: Context,
  { stackName, domain }: DeployedTrust,
  judgement: TokenEvaluation,
  withdrawn?: WithdrawnKey,
): Result {
  const { issuer, iss, aud, caller, permission, refusal, verified } = judgement;
  const hints = refusal === undefined ? [] : checkHints(refusal.code, { issuer, iss, aud, domain });
  const rule = permission?.rule;
  const number = rule === undefined ? undefined : (issuer?.rules.indexOf(rule) ?? 0) + 1;
  const document = {
    stackName,
    accepted: refusal === undefined,
    signatureChecked: verified,
    ...(withdrawn && { keyWithdrawn: true }),
    issuer: issuer?.alias,
    name: caller?.name,
    sub: caller?.sub,
    rule: number,
    writeTo: permission === undefined ? undefined : [...permission.prefixes],
    maxSize: permission?.maxSize,
    noClobber: permission?.noClobber,
    tokenExpiresAt: caller?.tokenExpiresAt.toISOString(),
    refusal: refusal && { ...refusal, hints: inUse.lines(hints) },
  };
  const unmet = refusal !== undefined && caller !== undefined ? unmetLines(caller) : [];
  const prefixes = permission?.prefixes.map((prefix) => (prefix === '' ? 'any key' : prefix)).join(', ');
  const lines: TextLine[] = [
    ...(refusal === undefined
      ? [
          withdrawn
            ? ({ mark: 'warning', text: WITHDRAWN[withdrawn] } as const)
            : ({ mark: 'done', text: accepted(verified) } as const),
        ]
      : [
          {
            mark: 'failed',
            text: `The edge refuses the token (${refusal.code}): ${refusal.message}`,
          } as const,
        ]),
    ...fields([
      ['  issuer', issuer?.alias],
      ['  name', caller?.name],
      ['  rule', issuer && rule && `${number}: ${ruleSentence(issuer, rule)}`],
      ['  writes', prefixes === '' ? undefined : prefixes],
      ['  up to', permission?.maxSize === undefined ? undefined : formatLimit(permission.maxSize)],
      ['  until', caller && `${formatMinute(caller.tokenExpiresAt)} UTC`],
    ]),
    ...unmet.map((text) => `  ${text}`),
    ...hints,
    ...(withdrawn ? ['To refuse such tokens:', command`edge-upload deploy`] : []),
  ];
  return { document, text: lines, ...(refusal === undefined ? {} : { exitCode: EXIT.auth }) };
}

const WITHDRAWN: Readonly<Record<WithdrawnKey, string>> = {
  deployed:
    'The edge still accepts the token: it has the keys of the last deploy. The issuer withdrew the key that signed it.',
  fetched:
    'The edge still accepts the token: it fetched the key that signed it before the issuer withdrew it. Other edge locations may refuse the token.',
};

function accepted(verified: boolean): string {
  return verified
    ? 'The edge accepts the token.'
    : 'The edge accepts the token if its signature is valid. To check the signature, add --verify.';
}
