import { linkToken } from '../../../page/link.ts';
import { openJournal } from '../../../page/resume/indexed-db.ts';
import { openDigester, startWorker } from '../../../page/transfer/digester.ts';
import { openEdge, type TokenSource } from '../../../page/transfer/edge-client.ts';
import type { UploadState } from '../../../page/transfer/progress.ts';
import { discard, upload } from '../../../page/transfer/upload.ts';
import { UploadError } from '../../../page/transfer/upload-error.ts';
import type { Order, Outcome } from './order.ts';

/** Interface of the page's engine for tests. All arguments and results are plain values. */
function createEngine() {
  const digester = openDigester(startWorker);
  const journal = openJournal();
  const edgeFor = (token: TokenSource) => openEdge(location.origin, token);
  return {
    linkToken,
    /** Uploads the file that was chosen. */
    async upload({
      key,
      token,
      owner = '',
      stopAt,
      noClobber = false,
      described = false,
      tellAt = [],
    }: Order): Promise<Outcome> {
      const [file] = document.querySelector('input')?.files ?? [];
      if (file === undefined) throw new Error('no file was chosen');
      const edge = edgeFor(async () => token);
      const stop = new AbortController();
      const states: UploadState[] = [];
      const marks = [...tellAt];
      let resumed = 0;
      let sent = 0;
      try {
        const { maxSize } = described ? await edge.describe(stop.signal) : {};
        const stored = await upload(file, {
          key,
          edge,
          digester,
          journal: await journal,
          signal: stop.signal,
          owner,
          maxSize,
          noClobber,
          onResumed(bytes) {
            resumed = bytes;
          },
          onProgress(bytes) {
            sent = bytes;
            for (const mark of marks.filter((one) => bytes >= one)) {
              marks.splice(marks.indexOf(mark), 1);
              globalThis.told?.(`sent ${mark}`);
            }
            if (stopAt !== undefined && bytes >= stopAt) stop.abort();
          },
          onState(state) {
            states.push(state);
            globalThis.told?.(state);
          },
        });
        return { stored, resumed, states, sent };
      } catch (error) {
        if (!(error instanceof UploadError)) throw error;
        const { code, retryable } = error;
        return { error: { code, retryable }, resumed, states, sent };
      }
    },
    async discard(key: string, token: string): Promise<void> {
      await discard({ key, edge: edgeFor(async () => token), journal: await journal });
    },
    /** Returns key and recorded bytes of each unfinished upload. */
    async unfinished(): Promise<readonly { readonly key: string; readonly bytes: number }[]> {
      const recorded = await (await journal).list(location.origin);
      return recorded.map(({ entry, parts }) => ({
        key: entry.key,
        bytes: parts.reduce((sum, { size }) => sum + size, 0),
      }));
    },
  };
}

declare global {
  var engine: ReturnType<typeof createEngine>;
  /** The test's function for reports. */
  var told: ((what: string) => void) | undefined;
}

globalThis.engine = createEngine();
