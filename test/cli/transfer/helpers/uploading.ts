import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext as NodeTestContext } from 'node:test';
import { Agent } from 'undici';
import type { Result } from '../../../../cli/context.ts';
import { UserError } from '../../../../cli/errors.ts';
import type { TokenSource } from '../../../../cli/identity/tokens/access-token.ts';
import { openSources, type SourceOptions } from '../../../../cli/transfer/sources/sources.ts';
import { type UploadFilesOptions, uploadFiles } from '../../../../cli/transfer/upload.ts';
import type { Clock } from '../../../../cli/transfer/wire/retry.ts';
import type { TestContext } from '../../../support/context.ts';
import { type EdgeFault, startEdge, type TestEdge } from './edge.ts';

/** A clock that records sleeps and ends them at once. */
export function restlessClock(random = () => 0.5): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  let skipped = 0;
  return {
    slept,
    now: () => performance.now() + skipped,
    async sleep(milliseconds) {
      slept.push(milliseconds);
      skipped += milliseconds;
    },
    random,
  };
}

/** Returns `tokens` in order: the next one after each rejection. */
export function tokensOf(...tokens: string[]): TokenSource {
  let at = 0;
  return {
    current: async () => tokens[at] ?? '',
    renew: async () => {
      at += 1;
      const token = tokens[at];
      if (token === undefined) throw new UserError('not_signed_in', 'There is no other token.');
      return token;
    },
  };
}

/** Creates a folder that is deleted after the test. */
export async function ownFolder(t: NodeTestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-put-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts an edge that is closed after the test. */
export async function ownEdge(t: NodeTestContext, mischief?: EdgeFault): Promise<TestEdge> {
  const edge = await startEdge(mischief);
  t.after(() => edge.close());
  return edge;
}

/** Uploads through `url` with its own connections. Waits between retries end at once. */
export async function upload(
  t: NodeTestContext,
  context: TestContext,
  url: string,
  sources: SourceOptions,
  options: Partial<UploadFilesOptions> = {},
): Promise<Result> {
  const dispatcher = new Agent();
  t.after(() => dispatcher.destroy());
  return uploadFiles(context, await openSources(sources, context), {
    url,
    dispatcher,
    tokens: tokensOf('good'),
    clock: restlessClock(),
    ...options,
  });
}

/** Matches a UserError with this code. */
export function withCode(code: string, message?: RegExp, hint?: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof UserError &&
    error.code === code &&
    (message === undefined || message.test(error.message)) &&
    (hint === undefined || hint.test(error.hint ?? ''));
}
