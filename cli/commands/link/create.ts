import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { JsonValue } from '../../json-value.ts';
import type { DeployedEdge } from '../../links/deployed-edge.ts';
import {
  curlLine,
  describeScope,
  exampleFile,
  formatExpiry,
  inPowerShell,
  limitNotes,
  linkAddress,
  uploadAddress,
} from '../../links/describe-token.ts';
import { type CreatedToken, issueToken } from '../../links/issue.ts';
import type { TokenEntry } from '../../links/token-entry.ts';
import { type LinkFlags, linkRequest, type TokenRequest } from '../../links/token-request.ts';
import { resumable } from '../../network/cancellation.ts';
import { qrCode } from '../../qr-code.ts';
import { type FoundStack, missingPart, type StackWork } from '../../stack/find-stack.ts';
import { readOptions } from '../../stack/options/deployed-options.ts';
import { type SigningKey, usableSigningKey } from '../../stack/signing/signing-key.ts';
import { withSigningKey } from '../../stack/signing/signing-options.ts';
import { deployedTemplate } from '../../stack/template/template.ts';
import { shellWord } from '../../ui/shell-words.ts';
import type { Text, TextLine } from '../../ui/shown.ts';
import { type ApplyArgs, applyOptions } from '../deploy.ts';
import { withEdge } from './with-edge.ts';

/** A token, and the edge that it is for. */
export interface Created extends CreatedToken {
  readonly edge: DeployedEdge;
  /** Certificate authority of an embedded cloud. */
  readonly caFile?: string;
}

/**
 * Issues a token. The first token of a deployment creates the signing key, with a plan and a question.
 * @param check refuses an edge before anything is changed
 * @returns `undefined` if the operator declined
 */
export async function create(
  context: Context,
  args: ApplyArgs,
  request: TokenRequest,
  check?: (edge: DeployedEdge) => void,
): Promise<Created | undefined> {
  const issueOnce = () =>
    withEdge(context, args, async (work, edge, deployed): Promise<Created | undefined> => {
      check?.(edge);
      // A new token would end with the stack.
      if (deployed.stack.status.startsWith('DELETE')) throw missingPart(work, deployed.stack, 'edge');
      const signingKey = await usableSigningKey(work, deployed);
      if (signingKey === undefined) return undefined;
      for (const text of limitNotes(edge, request)) context.ui.event({ type: 'note', text });
      const issued = await issueToken(work, edge, signingKey, request, (entry) =>
        refuseReplaced(work, deployed.stack, signingKey, entry),
      );
      return { ...issued, edge, ...omitUndefined({ caFile: work.local?.caFile }) };
    });
  const issue = () => resumable(`No ${request.kind} was created.`, issueOnce);
  const created = await issue();
  if (created !== undefined) return created;
  context.ui.event({
    type: 'note',
    text: 'Links and keys are signed by a KMS key of the stack, which is created first. AWS charges $1 a month for it.',
  });
  const { document } = await applyOptions(context, args, (previous) => ({
    options: withSigningKey(previous),
  }));
  if (document.outcome === 'declined') return undefined;
  const first = await issue();
  if (first !== undefined) return first;
  throw new UserError('stack_failed', 'The edge does not verify links and keys after the deploy.', {
    hint: ['Something else may have deployed the same stack. Deploy it again:', command`edge-upload deploy`],
  });
}

/**
 * Refuses a token that would stop early, because its signing key was replaced meanwhile.
 * @throws {UserError} `stack_failed`
 */
async function refuseReplaced(
  work: StackWork,
  { id: stackId }: FoundStack,
  { id }: SigningKey,
  entry: TokenEntry,
): Promise<void> {
  const { signing } = readOptions(await deployedTemplate(work, stackId));
  const key = signing?.keys.find((one) => one.id === id);
  if (key !== undefined && (key.until ?? Infinity) >= Date.parse(entry.expiresAt) / 1000) return;
  throw new UserError('stack_failed', `The signing key was replaced while the ${entry.kind} was created.`, {
    hint: `No ${entry.kind} was created. Run the same command again.`,
  });
}

export function declined(kind: TokenRequest['kind']): Result {
  return { document: { outcome: 'declined' }, text: `Nothing was changed, and no ${kind} was created.` };
}

/** Returns a token's own fields for JSON. */
export function createdDocument({ entry, token }: Created): { [name: string]: JsonValue | undefined } {
  const { id, kind, name, key, prefix, maxSize, noClobber, note, createdAt, expiresAt } = entry;
  const scope = { key, prefix, maxSize, noClobber };
  return omitUndefined({ id, kind, name, token, ...scope, note, createdAt, expiresAt });
}

/** Returns the warning for a token that could not be printed. */
export function unprinted({ kind, id }: TokenEntry): Text {
  return [
    `The ${kind} ${id} was created, but not printed. Nobody has it. To revoke it:`,
    command`edge-upload ${kind} revoke ${id}`,
  ];
}

const ADD_PAGE = command`edge-upload deploy --page`;

/** QR codes are for phones, which open the page. */
function requirePage({ hasPage }: DeployedEdge): void {
  if (hasPage) return;
  throw new UserError('usage', '--qr needs an upload page, which this deployment does not have.', {
    hint: ['Add the page, or omit --qr:', ADD_PAGE],
  });
}

/** Returns the lines of a QR code, if the terminal is wide enough for it. */
async function codeFor({ stdout, ui }: Context, address: string): Promise<readonly TextLine[]> {
  const code = await qrCode(address);
  const width = code[0]?.text.length ?? 0;
  if (!stdout.isTTY || width <= (stdout.columns ?? width)) return ['', ...code];
  ui.event({ type: 'warning', text: `The QR code needs a terminal with ${width} columns.` });
  return [];
}

export interface LinkCreateArgs extends ApplyArgs, LinkFlags {
  /** Also print the address as a QR code. */
  readonly qr?: boolean;
}

/** Creates a link: an address that lets a person without an account upload. */
export async function createLink(context: Context, args: LinkCreateArgs): Promise<Result> {
  const created = await create(context, args, linkRequest(args), args.qr ? requirePage : undefined);
  if (created === undefined) return declined('link');
  const { entry, token, edge, caFile } = created;
  const address = linkAddress(edge, token);
  const curl = curlLine(edge, entry, token, caFile);
  const document = { ...createdDocument(created), address, uploadUrl: uploadAddress(edge, entry), curl };
  const page = edge.hasPage
    ? ['', 'Send this address to the uploader. It opens in a browser:', `  ${address}`]
    : ['', 'The link does not open in a browser: the deployment has no upload page. To add it:', ADD_PAGE];
  const code = args.qr && !context.options.json ? await codeFor(context, address) : [];
  const text: readonly TextLine[] = [
    {
      mark: 'done',
      text: `Created the link ${entry.id}, until ${formatExpiry(entry)}: ${describeScope(entry)}.`,
    },
    '',
    'To upload with curl, or with edge-upload, in sh, bash or zsh:',
    `  ${curl}`,
    `  EDGE_UPLOAD_LINK=${shellWord(address)} edge-upload put ${shellWord(exampleFile(entry))}`,
    'In PowerShell:',
    `  ${inPowerShell({ EDGE_UPLOAD_LINK: address }, entry)}`,
    // After the long commands, so that a small terminal shows the address.
    ...page,
    ...code,
    '',
    'Anyone with the link can upload. It is shown only once. To revoke it:',
    command`edge-upload link revoke ${entry.id}`,
  ];
  return { document, text, ifUnprinted: unprinted(entry) };
}
