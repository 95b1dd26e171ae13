import { resolve } from 'node:path';
import type { Dispatcher } from 'undici';
import { omitUndefined } from '../../protocol/fields.ts';
import { encodeKey } from '../../protocol/object-url.ts';
import { UserError } from '../errors.ts';
import type { TokenSource } from '../identity/tokens/access-token.ts';
import { type LinkedSignal, linkedSignal } from '../network/cancellation.ts';
import { openDispatcher } from '../network/dispatcher.ts';
import { createSentCredentials, type SentCredentials } from '../sent-credentials.ts';
import { edgeUrl } from '../settings/edge-url.ts';
import { objectHeaders, type Stored } from '../transfer/put-object.ts';
import { type EdgeUploader, journalsIn, openUploader, type UploadWorld } from '../transfer/uploader.ts';
import { checkUpload, checkUploader, ownCopy } from './check-options.ts';
import { programToken } from './program-token.ts';
import { closeSource, isUsed, sourceItem } from './source-item.ts';
import type {
  StoredObject,
  Upload,
  Uploader,
  UploaderOptions,
  UploadLimits,
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
    // A plain object. An instance would be printed with the name of its class, which the build shortens.
    return { ...new ProgramUploader(ownCopy(options, 'an object with url and token'), sent) };
  } catch (error) {
    throw uploadError(error, sent);
  }
}

const now = () => new Date();

/** The uploader of a program. Its members are functions, so that a program can pass them on without the uploader. */
class ProgramUploader implements Uploader {
  readonly url: string;
  readonly #options: UploaderOptions;
  readonly #sent: SentCredentials;
  readonly #tokens: TokenSource;
  readonly #dispatcher: Dispatcher;
  readonly #whole: LinkedSignal;
  /** Folder of the journals. */
  readonly #folder: string | undefined;
  /** Work that `close` waits for. */
  readonly #underWay = new Set<Promise<unknown>>();
  #opening: Promise<EdgeUploader> | undefined;
  #closed = false;

  /** @throws {UserError} `usage` for an invalid option. */
  constructor(options: UploaderOptions, sent: SentCredentials) {
    checkUploader(options);
    const { url, token, signal, proxy, ca, resume } = options;
    this.url = edgeUrl(url);
    this.#options = options;
    this.#sent = sent;
    this.#tokens = programToken(token, now, sent);
    this.#dispatcher = openDispatcher({ env: ownCopy({ HTTPS_PROXY: proxy }), sent, ca });
    this.#whole = linkedSignal(signal);
    this.#folder = resume && resolve(resume.dir);
  }

  readonly upload = (source: UploadSource, how: UploadOptions): Upload => {
    const feed = createProgressFeed();
    return withProgress(
      this.#tracked(() => this.#upload(source, how, feed)),
      feed,
    );
  };

  readonly limits = async (): Promise<UploadLimits> => {
    try {
      this.#checkOpen();
      return await this.#tracked(async () => {
        const { writeTo, key, maxSize } = await (await this.#shared()).context.limits.fresh();
        return omitUndefined({ writeTo, key, maxSize });
      });
    } catch (error) {
      throw uploadError(error, this.#sent, this.#whole.signal.reason);
    }
  };

  readonly close = async (): Promise<void> => {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
    this.#whole.unlink();
    await this.#dispatcher.destroy();
  };

  readonly [Symbol.asyncDispose] = this.close;

  #checkOpen(): void {
    if (this.#closed) throw new UserError('usage', 'The uploader is closed.');
  }

  /** Runs work that `close` waits for. Like every promise, its failure is reported by Node if nobody handles it. */
  async #tracked<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#underWay.add(running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(running);
    }
  }

  async #upload(source: UploadSource, how: UploadOptions, feed: ProgressFeed): Promise<StoredObject> {
    const own = linkedSignal(this.#whole.signal);
    let isOurs = false;
    try {
      isOurs = !isUsed(source);
      return await this.#send(source, ownCopy(how, 'an object with a key'), own, feed);
    } catch (error) {
      if (isOurs) closeSource(source);
      throw uploadError(error, this.#sent, own.signal.reason);
    } finally {
      own.unlink();
      feed.end();
    }
  }

  async #send(
    source: UploadSource,
    how: UploadOptions,
    own: LinkedSignal,
    feed: ProgressFeed,
  ): Promise<StoredObject> {
    this.#checkOpen();
    checkUpload(how);
    own.link(how.signal);
    const reading = linkedSignal(own.signal);
    try {
      const headers = objectHeaders(how);
      const item = sourceItem(source, how, reading.signal);
      const uploader = (await this.#shared()).apart(this.#world(own.signal, feed));
      const { noClobber, size, multipart, partSize } = how;
      const options = omitUndefined({ noClobber, size, multipart, partSize });
      const stored = await uploader.upload(item, ownCopy({ ...options, headers, meter: feed.meter }));
      return storedObject(this.url, how.key, stored);
    } finally {
      reading.abort();
    }
  }

  /** Returns the uploader whose connections and limits all uploads share. */
  #shared(): Promise<EdgeUploader> {
    const { checksum, concurrency, rateLimit, stallTimeout } = this.#options;
    const limits = omitUndefined({ checksum, concurrency, limitRate: rateLimit, stallMs: stallTimeout });
    const edge = { url: this.url, dispatcher: this.#dispatcher, tokens: this.#tokens };
    this.#opening ??= openUploader(this.#world(this.#whole.signal), ownCopy({ ...edge, ...limits }));
    return this.#opening;
  }

  #world(signal: AbortSignal, feed?: ProgressFeed): UploadWorld {
    const folder = this.#folder;
    const ui = warningsTo(this.#options.onWarning, this.#sent);
    const journals = folder === undefined ? undefined : journalsIn(() => folder, ui);
    return { ui, signal, now, journals, ...omitUndefined({ onTrouble: feed?.meter.trouble }) };
  }
}

/** Passes warnings to a program's function, without the credentials that were sent. */
function warningsTo(onWarning: UploaderOptions['onWarning'], sent: SentCredentials): UploadWorld['ui'] {
  return {
    event(event) {
      if (event.type !== 'warning' || onWarning === undefined) return;
      const text = sent.removedFrom([event.text].flat().map(String).join('\n'));
      // An exception of the function is not an error of the upload.
      queueMicrotask(() => onWarning(text));
    },
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
