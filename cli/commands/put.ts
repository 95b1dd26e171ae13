import { omitUndefined } from '../../protocol/fields.ts';
import { isLinkAddress } from '../../protocol/object-url.ts';
import { command } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import { oneOf, seconds, wholeNumber } from '../declare/values.ts';
import { UserError } from '../errors.ts';
import { type IssuedToken, readIssuedToken } from '../identity/tokens/issued-token.ts';
import { type CommandTokens, credentialFor, tokenSource } from '../identity/tokens/token-source.ts';
import { readLink } from '../links/link-address.ts';
import { orInterrupted } from '../network/cancellation.ts';
import { withDispatcher } from '../network/dispatcher.ts';
import { resolveTarget, type Target } from '../settings/target.ts';
import { dryRun } from '../transfer/dry-run.ts';
import { ALGORITHMS } from '../transfer/integrity.ts';
import type { EdgeLimits } from '../transfer/limits.ts';
import { rememberedLimits } from '../transfer/limits.ts';
import { createPlacing, type Placing } from '../transfer/placing.ts';
import { MULTIPART_MODES } from '../transfer/plan.ts';
import type { HeaderOptions } from '../transfer/put-object.ts';
import { openSources, type SourceOptions, type Sources } from '../transfer/sources/sources.ts';
import { type StoredFiles, type UploadFilesOptions, uploadFiles } from '../transfer/upload.ts';
import { MAX_CONCURRENCY, type UploadContextOptions } from '../transfer/uploader.ts';
import type { UiEvent } from '../ui/events.ts';
import { formatDuration, formatMinute, parseSize } from '../ui/format.ts';
import type { Ui } from '../ui/ui.ts';

/** The flags of `put` as typed; what is a number or a size is still text. */
export interface PutArgs extends SourceOptions, HeaderOptions {
  /** Address of a link, which contains the address of the edge and a token for it. */
  readonly link?: string;
  readonly dryRun?: boolean;
  /** Files that an earlier run stored unchanged are left out. */
  readonly changed?: boolean;
  /** False with `--no-clobber`. */
  readonly clobber?: boolean;
  /** `crc32`, `crc32c`, `crc64nvme` or `sha256`. */
  readonly checksum?: string;
  /** `auto`, `never` or `always`. */
  readonly multipart?: string;
  /** Such as `64M`. */
  readonly partSize?: string;
  readonly concurrency?: string;
  /** Bytes a second, such as `5M`. */
  readonly limitRate?: string;
  /** Seconds; 0 turns the guard off. */
  readonly stallTimeout?: string;
}

/** `edge-upload put`: uploads files through the edge. */
export async function put(world: Context, args: PutArgs): Promise<Result> {
  const options = uploadOptions(args);
  const context = withLink(world, args);
  const [sources, target] = await Promise.all([openSources(args, context), resolveTarget(context)]);
  const ownToken = await issuedTokenFor(context, target.url);
  if (ownToken?.key !== undefined && sources.several) {
    throw new UserError('usage', `The ${ownToken.kind} stores one file; more than one is given.`, {
      hint: 'Upload a single file, such as an archive of all.',
    });
  }
  const work = (storedFiles?: StoredFiles): Promise<Result> => {
    if (args.dryRun !== true) {
      return withEdgeAccess(context, target, async (own, access) => {
        if (readsTerminal(context, args)) {
          // Fails before anything is typed if nobody is signed in.
          await orInterrupted(access.tokens.current(), context.signal);
          noteTerminal(context);
        }
        return uploadFiles(own, sources, { ...access, ...options, storedFiles });
      });
    }
    if (readsTerminal(context, args)) noteTerminal(context);
    const placing = ownToken && placingOf(context, ownToken, sources, options);
    return dryRun(context, sources, { url: target.url, placing, storedFiles, ...options });
  };
  if (args.changed !== true) return work();
  const { withStoredFiles } = await import('../watch/changed-files.ts');
  return withStoredFiles(context, target.url, args, work);
}

function readsTerminal({ stdin }: Context, { files, filesFrom, dryRun = false }: PutArgs): boolean {
  const readsStdin = filesFrom === '-' || (files[0] === '-' && !dryRun);
  return readsStdin && stdin.isTTY === true;
}

/** Prints how to end the input, because a terminal has no end. */
function noteTerminal({ ui, platform }: Context): void {
  const keys = platform === 'win32' ? 'Ctrl-Z and Enter' : 'Ctrl-D';
  ui.event({
    type: 'instruction',
    text: `Reading from the terminal. End the input with ${keys} on a new line.`,
  });
}

/** Returns the context of an upload with `--link`: as if the link were in the environment, and nothing else there. */
function withLink(context: Context, { link, files }: PutArgs): Context {
  if (files.some(isLinkAddress)) {
    throw new UserError('usage', 'The address of a link is not a file.', {
      hint: ['Upload with the link:', command`edge-upload put <file> --link <address>`],
    });
  }
  if (link === undefined) return context;
  readLink(link, '--link');
  const { stackName } = context.options;
  if (stackName !== undefined && stackName !== context.env.EDGE_UPLOAD_STACK) {
    throw new UserError('usage', '--link and --stack-name contradict each other.', {
      hint: 'Omit --stack-name: the link contains the address of the edge.',
    });
  }
  const { stackName: _, ...options } = context.options;
  const env = { ...context.env, EDGE_UPLOAD_LINK: link, EDGE_UPLOAD_URL: undefined };
  return { ...context, options, env };
}

/** Returns the content of a link's or key's token in the environment; `undefined` for other credentials. */
async function issuedTokenFor(context: Context, url: string) {
  const credential = await credentialFor(context, url);
  if (credential?.kind !== 'link' && credential?.kind !== 'token') return undefined;
  return readIssuedToken(credential.token);
}

/** Returns how a link or key limits keys, without a request: its token contains the limits. */
function placingOf(
  { ui }: Context,
  { key, prefix }: IssuedToken,
  { several }: Sources,
  { isNamed = false }: Pick<UploadFilesOptions, 'isNamed'>,
): Placing {
  const limits: EdgeLimits = omitUndefined({ key, writeTo: prefix === undefined ? undefined : [prefix] });
  const known = { current: async () => limits, fresh: async () => limits, newerThan: async () => undefined };
  return createPlacing(known, { several, isNamed, note: (text) => ui.event({ type: 'note', text }) });
}

/** @throws {UserError} `usage` for a flag with an invalid value. */
function uploadOptions(args: PutArgs): Omit<UploadFilesOptions, 'url' | 'dispatcher' | 'tokens'> {
  const { checksum, multipart, partSize, concurrency, limitRate, stallTimeout } = args;
  return omitUndefined({
    checksum: oneOf(checksum, ALGORITHMS, '--checksum'),
    multipart: oneOf(multipart, MULTIPART_MODES, '--multipart'),
    partSize: partSize === undefined ? undefined : parseSize(partSize, '--part-size'),
    limitRate: limitRate === undefined ? undefined : parseSize(limitRate, '--limit-rate'),
    concurrency: wholeNumber(concurrency, '--concurrency', 1, MAX_CONCURRENCY),
    stallMs: seconds(stallTimeout, '--stall-timeout'),
    noClobber: args.clobber === false,
    ownPrefix: true,
    isNamed: args.as !== undefined || args.prefix !== undefined,
    prefix: args.prefix,
    contentType: args.contentType,
    cacheControl: args.cacheControl,
    contentDisposition: args.contentDisposition,
    contentEncoding: args.contentEncoding,
    contentLanguage: args.contentLanguage,
    metadata: args.metadata,
  });
}

type EdgeAccess = Pick<UploadContextOptions, 'url' | 'dispatcher' | 'tokens' | 'limitsMemory'>;

/** Runs uploads with the connections to an edge and the uploader's tokens for it, then closes the connections. */
export async function withEdgeAccess<T>(
  context: Context,
  target: Target,
  work: (context: Context, access: EdgeAccess) => Promise<T>,
): Promise<T> {
  const { env, sent } = context;
  return withDispatcher({ env, sent, local: target.deployment?.local }, async (dispatcher) => {
    const tokens = tokenSource(context, target);
    const limitsMemory = rememberedLimits(context, target, tokens);
    const ui = await withTokenEnd(context, tokens);
    return work({ ...context, ui }, { url: target.url, dispatcher, tokens, limitsMemory });
  });
}

/** The rate of the first seconds is not stable. */
const SETTLED_MS = 10_000;

/**
 * Returns a screen that watches the expiry of the token. If the token of a job is not renewed, prints until when parts can
 * start. Warns once if the upload will take longer at its rate.
 */
export async function withTokenEnd(
  { ui, now }: Pick<Context, 'ui' | 'now'>,
  tokens: CommandTokens,
): Promise<Ui> {
  const end = await tokens.endsAt?.();
  if (end === undefined) return ui;
  const left = () => Math.max(0, end.getTime() - now().getTime());
  const origin = await tokens.origin();
  if (origin.kind === 'workload' && left() > 0) {
    const { titleOf } = await import('../identity/tokens/ci/workload.ts');
    const until = `${formatMinute(end.toISOString())} UTC, for ${formatDuration(left())}`;
    const text = `${titleOf(origin.workload)} does not renew the token: uploads and parts can start until ${until}.`;
    ui.event({ type: 'note', text });
  }
  let began: number | undefined;
  let warned = false;
  const warnIfLate = (event: UiEvent) => {
    if (warned || event.type !== 'transfer') return;
    const { bytes, totalBytes, rate, trouble } = event;
    // The rate of a network that has failed is not that of the upload.
    if (trouble !== undefined) began = undefined;
    else began ??= now().getTime();
    if (totalBytes === undefined || rate <= 0 || began === undefined) return;
    if (now().getTime() - began < SETTLED_MS) return;
    const needed = ((totalBytes - bytes) / rate) * 1000;
    if (needed <= left()) return;
    warned = true;
    ui.event({
      type: 'warning',
      text: `At this rate the upload takes ${formatDuration(needed)} more, but its token expires in ${formatDuration(left())}. Parts that start later are refused. To resume the upload, run the same command with a new token.`,
    });
  };
  return {
    ...ui,
    event(event) {
      ui.event(event);
      warnIfLate(event);
    },
  };
}
