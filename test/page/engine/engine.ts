import { linkToken } from '../../../page/link.ts';
import { openJournal } from '../../../page/resume/indexed-db.ts';
import { openDigester } from '../../../page/transfer/digester.ts';
import { openEdge, type TokenSource } from '../../../page/transfer/edge-client.ts';
import type { UploadState } from '../../../page/transfer/progress.ts';
import { startWorker } from '../../../page/transfer/start-worker.ts';
import { discard, type Stored, upload } from '../../../page/transfer/upload.ts';
import { UploadError } from '../../../page/transfer/upload-error.ts';

/** What an upload in the browser came to. */
export interface Outcome {
  readonly stored?: Stored;
  readonly error?: { readonly code: string; readonly message: string; readonly retryable: boolean };
  /** Bytes that an earlier upload had stored. */
  readonly resumed: number;
  /** What the upload did, in order. */
  readonly states: readonly UploadState[];
  readonly sent: number;
}

export interface Order {
  readonly key: string;
  readonly token: string;
  /** Aborted once so many bytes are sent. */
  readonly stopAt?: number;
  readonly noClobber?: boolean;
  /** Checks the size by what the edge describes. */
  readonly described?: boolean;
  /** Tells the test once so many bytes are sent. */
  readonly tellAt?: readonly number[];
}

/** The page's engine as tests drive it from outside: plain values in, plain values out. */
function createEngine() {
  const digester = openDigester(startWorker);
  const journal = openJournal();
  const edgeFor = (token: TokenSource) => openEdge(location.origin, token);
  return {
    linkToken,
    async upload(
      file: File,
      { key, token, stopAt, noClobber = false, described = false, tellAt = [] }: Order,
    ): Promise<Outcome> {
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
        const { code, message, retryable } = error;
        return { error: { code, message, retryable }, resumed, states, sent };
      }
    },
    async discard(key: string, token: string): Promise<void> {
      await discard({ key, edge: edgeFor(async () => token), journal: await journal });
    },
    /** The unfinished uploads: their keys, and the bytes that are recorded. */
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
  /** The test's own function. */
  var told: ((what: string) => void) | undefined;
}

globalThis.engine = createEngine();
