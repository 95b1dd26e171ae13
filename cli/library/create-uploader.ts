import { resolve } from 'node:path';
import type { Dispatcher } from 'undici';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { encodeKey } from '../../protocol/percent-encode.ts';
import { UserError } from '../errors.ts';
import { openDispatcher } from '../network/dispatcher.ts';
import { edgeUrl } from '../settings/edge-url.ts';
import { noJournals, openJournals } from '../transfer/multipart/journals.ts';
import { objectHeaders } from '../transfer/object-headers.ts';
import { checkPartSize, MULTIPART_MODES } from '../transfer/plan.ts';
import { ALGORITHMS } from '../transfer/proof/digests.ts';
import type { Stored } from '../transfer/put-object.ts';
import type { UploadContextOptions, UploadWorld } from '../transfer/upload-context.ts';
import { openUploader, type Uploader as SharedUploader } from '../transfer/uploader.ts';
import { givenToken } from './given-token.ts';
import { linkedSignal } from './linked-signal.ts';
import { sourceItem } from './source-item.ts';
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

/** Requests at once. */
const MAX_CONCURRENCY = 256;

/**
 * Creates an uploader for one edge. No connection is opened before the first upload. It writes nothing to the console,
 * reads no environment variable and keeps no state outside itself.
 * @throws {UploadError} `usage` for an invalid option.
 */
export function createUploader(options: UploaderOptions): Uploader {
  try {
    return openLibrary(options);
  } catch (error) {
    throw uploadError(error);
  }
}

const now = () => new Date();

function openLibrary(options: UploaderOptions): Uploader {
  const { token, signal, proxy, ca, resume, onWarning } = options;
  const url = edgeUrl(options.url);
  const tokens = givenToken(token, now);
  const limits = checkedOptions(options);
  const dispatcher: Dispatcher = openDispatcher({ env: { HTTPS_PROXY: proxy }, ca });
  const whole = linkedSignal(signal);
  const folder = resume && resolve(resume.dir);
  const world = (own: AbortSignal, feed?: ProgressFeed): UploadWorld => {
    const ui: UploadWorld['ui'] = {
      event(event) {
        if (event.type === 'warning') onWarning?.([event.text].flat().map(String).join('\n'));
      },
    };
    const journals = folder === undefined ? noJournals() : openJournals({ ui, signal: own }, () => folder);
    return { ui, signal: own, now, journals, ...omitUndefined({ onTrouble: feed?.meter.trouble }) };
  };
  let opening: Promise<SharedUploader> | undefined;
  const shared = () => {
    opening ??= openUploader(world(whole.signal), { url, dispatcher, tokens, ...limits });
    return opening;
  };
  const underWay = new Set<Promise<unknown>>();
  let closed = false;

  const send = async (
    source: UploadSource,
    how: UploadOptions,
    feed: ProgressFeed,
  ): Promise<StoredObject> => {
    const own = linkedSignal(whole.signal, how.signal);
    const reading = linkedSignal(own.signal);
    try {
      if (closed) throw new UserError('usage', 'The uploader is closed.');
      checkUpload(how);
      const headers = objectHeaders(how);
      const item = sourceItem(source, how, reading.signal);
      const uploader = (await shared()).apart(world(own.signal, feed));
      const stored = await uploader.upload(item, { ...how, headers, meter: feed.meter });
      return storedObject(url, how.key, stored);
    } catch (error) {
      throw uploadError(error, own.signal.reason);
    } finally {
      reading.abort();
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
      const stored = send(source, how, feed);
      const settled = stored.catch(() => {}).finally(() => underWay.delete(settled));
      underWay.add(settled);
      return withProgress(stored, feed);
    },
    async limits() {
      try {
        const { writeTo, key, maxSize } = await (await shared()).context.limits.fresh();
        return omitUndefined({ writeTo, key, maxSize });
      } catch (error) {
        throw uploadError(error);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function withProgress(stored: Promise<StoredObject>, feed: ProgressFeed): Upload {
  return Object.assign(stored, {
    async *[Symbol.asyncIterator]() {
      // The error is thrown here; that the promise is rejected too needs no handler.
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

type Limits = Pick<UploadContextOptions, 'checksum' | 'concurrency' | 'limitRate' | 'stallMs'>;

/** @throws {UserError} `usage` */
function checkedOptions({ checksum, concurrency, rateLimit, stallTimeout }: UploaderOptions): Limits {
  const isCount = concurrency === undefined || (Number.isInteger(concurrency) && concurrency >= 1);
  if (!isCount || (concurrency ?? 1) > MAX_CONCURRENCY) {
    throw invalid('concurrency', concurrency, `a whole number from 1 to ${MAX_CONCURRENCY}`);
  }
  if (rateLimit !== undefined && !(rateLimit > 0)) {
    throw invalid('rateLimit', rateLimit, 'a positive number of bytes a second');
  }
  if (stallTimeout !== undefined && !(stallTimeout >= 0)) {
    throw invalid('stallTimeout', stallTimeout, 'milliseconds, or 0');
  }
  if (checksum !== undefined && !ALGORITHMS.includes(checksum)) {
    throw invalid('checksum', checksum, `one of: ${ALGORITHMS.join(', ')}`);
  }
  return omitUndefined({ checksum, concurrency, limitRate: rateLimit, stallMs: stallTimeout });
}

/** @throws {UserError} `usage` */
function checkUpload({ multipart, partSize }: UploadOptions): void {
  if (multipart !== undefined && !MULTIPART_MODES.includes(multipart)) {
    throw invalid('multipart', multipart, `one of: ${MULTIPART_MODES.join(', ')}`);
  }
  if (partSize !== undefined) checkPartSize(partSize);
}

function invalid(option: string, value: unknown, wanted: string): UserError {
  return new UserError('usage', `Invalid value for ${option}: “${String(value)}”. It is ${wanted}.`);
}
