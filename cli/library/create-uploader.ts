import { resolve } from 'node:path';
import type { Dispatcher } from 'undici';
import { omitUndefined } from '../../protocol/fields.ts';
import { encodeKey } from '../../protocol/object-url.ts';
import { UserError } from '../errors.ts';
import { openDispatcher } from '../network/dispatcher.ts';
import { createSentCredentials, type SentCredentials } from '../sent-credentials.ts';
import { edgeUrl } from '../settings/edge-url.ts';
import { objectHeaders, type Stored } from '../transfer/put-object.ts';
import { type EdgeUploader, journalsIn, openUploader, type UploadWorld } from '../transfer/uploader.ts';
import { checkUpload, checkUploader, ownCopy } from './check-options.ts';
import { type LinkedSignal, linkedSignal } from './linked-signal.ts';
import { programToken } from './program-token.ts';
import { closeSource, isUsed, sourceItem } from './source-item.ts';
import type {
  StoredObject,
  Upload,
  Uploader,
  UploaderOptions,
  UploadOptions,
  UploadSource,
} from './types.ts';
import { uploadError } from './upload-error.ts';
import { createProgressFeed, type ProgressFeed } from './upload-progress.ts';

export type {
  ResumeOptions,
  StoredObject,
  TokenFunction,
  Upload,
  Uploader,
  UploaderOptions,
  UploadLimits,
  UploadOptions,
  UploadProgress,
  UploadSource,
} from './types.ts';
export { UploadError, type UploadErrorCode } from './upload-error.ts';

/**
 * Creates an uploader for one edge. It connects with the first upload. It does not write to the console, read
 * environment variables or keep state outside itself.
 * @throws {UploadError} `usage` for an invalid option.
 */
export function createUploader(options: UploaderOptions): Uploader {
  const sent = createSentCredentials();
  try {
    return openLibrary(ownCopy(options), sent);
  } catch (error) {
    throw uploadError(error, sent);
  }
}

const now = () => new Date();

function openLibrary(options: UploaderOptions, sent: SentCredentials): Uploader {
  checkUploader(options);
  const { token, signal, proxy, ca, resume, onWarning } = options;
  const { checksum, concurrency, rateLimit, stallTimeout } = options;
  const url = edgeUrl(options.url);
  const tokens = programToken(token, now, sent);
  const limits = omitUndefined({ checksum, concurrency, limitRate: rateLimit, stallMs: stallTimeout });
  const dispatcher: Dispatcher = openDispatcher({
    env: ownCopy({ HTTPS_PROXY: proxy }),
    sent,
    ca,
  });
  const whole = linkedSignal(signal);
  const folder = resume && resolve(resume.dir);
  const world = (own: AbortSignal, feed?: ProgressFeed): UploadWorld => {
    const ui: UploadWorld['ui'] = {
      event(event) {
        if (event.type !== 'warning' || onWarning === undefined) return;
        const text = sent.removedFrom([event.text].flat().map(String).join('\n'));
        // An exception of the function is not an error of the upload.
        queueMicrotask(() => onWarning(text));
      },
    };
    const journals = folder === undefined ? undefined : journalsIn(() => folder, ui);
    return { ui, signal: own, now, journals, ...omitUndefined({ onTrouble: feed?.meter.trouble }) };
  };
  let opening: Promise<EdgeUploader> | undefined;
  const shared = () => {
    opening ??= openUploader(world(whole.signal), ownCopy({ url, dispatcher, tokens, ...limits }));
    return opening;
  };
  const underWay = new Set<Promise<unknown>>();
  let closed = false;
  const checkOpen = () => {
    if (closed) throw new UserError('usage', 'The uploader is closed.');
  };

  /** Runs work that `close` waits for. Like every promise, its failure is reported by Node if nobody handles it. */
  const tracked = async <T>(work: () => Promise<T>): Promise<T> => {
    const running = work();
    underWay.add(running);
    try {
      return await running;
    } finally {
      underWay.delete(running);
    }
  };

  const send = async (source: UploadSource, how: UploadOptions, own: LinkedSignal, feed: ProgressFeed) => {
    checkOpen();
    checkUpload(how);
    own.link(how.signal);
    const reading = linkedSignal(own.signal);
    try {
      const headers = objectHeaders(how);
      const item = sourceItem(source, how, reading.signal);
      const uploader = (await shared()).apart(world(own.signal, feed));
      const { noClobber, size, multipart, partSize } = how;
      const options = omitUndefined({ noClobber, size, multipart, partSize });
      const stored = await uploader.upload(item, ownCopy({ ...options, headers, meter: feed.meter }));
      return storedObject(url, how.key, stored);
    } finally {
      reading.abort();
    }
  };

  const upload = async (source: UploadSource, how: UploadOptions, feed: ProgressFeed) => {
    const own = linkedSignal(whole.signal);
    let isOurs = false;
    try {
      isOurs = !isUsed(source);
      return await send(source, ownCopy(how), own, feed);
    } catch (error) {
      if (isOurs) closeSource(source);
      throw uploadError(error, sent, own.signal.reason);
    } finally {
      own.unlink();
      feed.end();
    }
  };

  const close = async () => {
    closed = true;
    await Promise.allSettled(underWay);
    whole.unlink();
    await dispatcher.destroy();
  };
  return {
    url,
    upload(source, how) {
      const feed = createProgressFeed();
      return withProgress(
        tracked(() => upload(source, how, feed)),
        feed,
      );
    },
    async limits() {
      try {
        checkOpen();
        return await tracked(async () => {
          const { writeTo, key, maxSize } = await (await shared()).context.limits.fresh();
          return omitUndefined({ writeTo, key, maxSize });
        });
      } catch (error) {
        throw uploadError(error, sent, whole.signal.reason);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function withProgress(stored: Promise<StoredObject>, feed: ProgressFeed): Upload {
  return Object.assign(stored, {
    async *[Symbol.asyncIterator]() {
      // The error is thrown here, so the rejection of the promise needs no handler.
      stored.catch(() => {});
      yield* feed.iterate();
      await stored;
    },
  });
}

function storedObject(url: string, key: string, stored: Stored): StoredObject {
  const { bytes, etag, proof, parts, attempts, resumedBytes } = stored;
  const checksum = { algorithm: proof.algorithm, value: proof.value };
  return { key, url: `${url}/${encodeKey(key)}`, bytes, etag, checksum, parts, attempts, resumedBytes };
}
