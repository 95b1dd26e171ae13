import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** Options of {@link createUploader}. */
export interface UploaderOptions {
  /** Address of the edge: `https://<host>[:port]`. Plain http is accepted only for this computer. */
  readonly url: string;
  /** Access token, or a function that returns one. It is sent only to `url`; redirects are not followed. */
  readonly token: string | TokenFunction;
  /** Aborts all uploads of this uploader. */
  readonly signal?: AbortSignal;
  /** Makes uploads of files resumable. Default: nothing is written to disk. */
  readonly resume?: ResumeOptions;
  /** Checksum that S3 verifies and stores. Default: `crc32`. */
  readonly checksum?: 'crc32' | 'crc32c' | 'crc64nvme' | 'sha256';
  /** Maximum concurrent requests of all uploads together, 1 to 256. Default: 32. */
  readonly concurrency?: number;
  /** Maximum bytes per second of all uploads together. Default: no limit. */
  readonly rateLimit?: number;
  /** Milliseconds without progress after which a request is retried; 0 for never. Default: 30,000. */
  readonly stallTimeout?: number;
  /** Certificate authorities in PEM. They replace Node's. */
  readonly ca?: string | readonly string[];
  /** Address of an HTTP proxy: `http://[user:password@]host:port`. Environment variables are not read. */
  readonly proxy?: string;
  /** Called with problems that do not stop an upload, such as a resume folder that cannot be written. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Returns an access token. It is called for the first request, before the token expires, and after the edge refused it.
 * @param refused The token that the edge refused; absent at first and before an expiry.
 */
export type TokenFunction = (refused?: string) => string | Promise<string>;

/** Settings for resuming uploads. */
export interface ResumeOptions {
  /**
   * Folder for the journals of unfinished uploads. It is created if needed. Only its owner should have access to it.
   */
  readonly dir: string;
}

/**
 * What to upload: the path of a file, as text or `file:` URL; bytes; a Blob; or a stream of bytes. Files can be
 * resumed, and are read again for a retry. A stream is read once; its parts are buffered in memory. Text in a stream is
 * stored in UTF-8.
 */
export type UploadSource =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | Readable
  | ReadableStream<Uint8Array | ArrayBuffer>
  | AsyncIterable<Uint8Array | ArrayBuffer | string>;

/** Key and settings of an upload. */
export interface UploadOptions {
  /** The object's key, used unchanged: no prefix is added. */
  readonly key: string;
  /** Default: derived from the extension of the key, then of the file. */
  readonly contentType?: string;
  /** Header `Cache-Control` of the object. */
  readonly cacheControl?: string;
  /** Header `Content-Disposition` of the object. */
  readonly contentDisposition?: string;
  /** Header `Content-Encoding` of the object. */
  readonly contentEncoding?: string;
  /** Header `Content-Language` of the object. */
  readonly contentLanguage?: string;
  /** Metadata of the object, at most 2,048 bytes including names. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Whether to keep an existing object: the upload then fails with `exists`. Default: false. */
  readonly noClobber?: boolean;
  /**
   * Expected bytes of the source. If it has fewer or more, the upload fails with `file_changed`, and nothing is stored.
   */
  readonly size?: number;
  /** When to upload in parts. `auto`: if the object is larger than one part. Default: `auto`. */
  readonly multipart?: 'auto' | 'never' | 'always';
  /** Bytes of a part, 5 MiB to 5 GiB. Default: depends on the size of a file; 16 MiB for a stream. */
  readonly partSize?: number;
  /** Aborts this upload. */
  readonly signal?: AbortSignal;
}

/** A stored object whose bytes were verified by S3. */
export interface StoredObject {
  /** Key of the object. */
  readonly key: string;
  /** Address of the object at the edge, percent-encoded. */
  readonly url: string;
  /** Size of the object in bytes. */
  readonly bytes: number;
  /** ETag without quotation marks. */
  readonly etag: string;
  /** How the bytes were verified: a checksum as S3 writes it, or `md5` for the ETag. */
  readonly checksum: {
    readonly algorithm: 'crc32' | 'crc32c' | 'crc64nvme' | 'sha256' | 'md5';
    readonly value: string;
  };
  /** Number of requests that sent the bytes. */
  readonly parts: number;
  /** Maximum attempts of a request. */
  readonly attempts: number;
  /** Bytes that an earlier upload stored. */
  readonly resumedBytes: number;
}

/** Progress of an upload. */
export interface UploadProgress {
  /** Bytes sent, including bytes stored earlier. Decreases when bytes are sent again. */
  readonly bytes: number;
  /** Total bytes. Absent for a stream without `size`. */
  readonly totalBytes?: number;
  /** Bytes per second, over the last five seconds. */
  readonly rate: number;
  /** Whether a request waits for a retry after a network failure. */
  readonly isWaiting: boolean;
}

/**
 * A running upload. Await it for the stored object, or iterate it for progress. An iteration yields the newest
 * progress, at most ten times a second, and ends with the upload. Both throw {@link UploadError}.
 */
export type Upload = Promise<StoredObject> & AsyncIterable<UploadProgress>;

/** What the edge allows with the token. */
export interface UploadLimits {
  /** Prefixes of the keys that can be written; `''` allows all keys. Absent if the edge does not list them. */
  readonly writeTo?: readonly string[];
  /** The only key that can be written, for the token of a link. */
  readonly key?: string;
  /** Largest object in bytes. Default: S3's limits. */
  readonly maxSize?: number;
}

/** An uploader for one edge. Its uploads share connections and limits. */
export interface Uploader {
  /** Origin of the edge. */
  readonly url: string;
  /** Starts an upload. It does not throw; the returned upload rejects. */
  upload(source: UploadSource, options: UploadOptions): Upload;
  /**
   * Requests what the edge allows with the token.
   * @throws {UploadError}
   */
  limits(): Promise<UploadLimits>;
  /** Waits for running uploads, then closes all connections. To abort uploads, use `signal`. */
  close(): Promise<void>;
  /** Same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
