import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** What {@link createUploader} is given. */
export interface UploaderOptions {
  /** Address of the edge: `https://<host>[:port]`. Plain http is accepted for this computer only. */
  readonly url: string;
  /** Access token, or a function that returns one. It is sent to `url` alone, and redirects are not followed. */
  readonly token: string | TokenFunction;
  /** Aborts all uploads of this uploader. */
  readonly signal?: AbortSignal;
  /** Lets an upload of a file resume where an earlier one stopped. Absent: nothing is written to disk. */
  readonly resume?: ResumeOptions;
  /** Checksum that S3 verifies and stores. Default: `crc32`. */
  readonly checksum?: 'crc32' | 'crc32c' | 'crc64nvme' | 'sha256';
  /** Requests at once, of all uploads together: 1 to 256. Default: 32. */
  readonly concurrency?: number;
  /** Bytes a second, of all uploads together. Absent: no limit. */
  readonly rateLimit?: number;
  /** Milliseconds without a byte after which a request is sent again; 0: never. Default: 30,000. */
  readonly stallTimeout?: number;
  /** Certificate authorities in PEM, which replace those of Node. */
  readonly ca?: string | readonly string[];
  /** Address of an HTTP proxy: `http://[user:password@]host:port`. Variables of the environment are not read. */
  readonly proxy?: string;
  /** Called with what does not stop an upload, such as a folder for resuming that cannot be written. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Returns an access token. It is called again before the token expires, and after the edge refused a token.
 * @param refused the token that the edge refused; absent at first and before an expiry.
 */
export type TokenFunction = (refused?: string) => string | Promise<string>;

/** How uploads are resumed. */
export interface ResumeOptions {
  /** Folder for the journals of unfinished uploads; it is created. Only its owner should have access to it. */
  readonly dir: string;
}

/**
 * What to upload: the path of a file as text or as a `file:` URL, bytes, a Blob, or a stream of bytes. Files are read
 * again for a retry, and can be resumed. A stream is read once and kept in memory part by part.
 */
export type UploadSource =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | Readable
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>;

/** Where an object is stored, and how. */
export interface UploadOptions {
  /** The object's key. It is used as it is: no prefix is added. */
  readonly key: string;
  /** Default: by the extension of the key, then of the file. */
  readonly contentType?: string;
  /** Header `Cache-Control` of the object. */
  readonly cacheControl?: string;
  /** Header `Content-Disposition` of the object. */
  readonly contentDisposition?: string;
  /** Header `Content-Encoding` of the object. */
  readonly contentEncoding?: string;
  /** Header `Content-Language` of the object. */
  readonly contentLanguage?: string;
  /** Metadata of the object: at most 2,048 bytes, names included. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Does not replace an object that exists: the upload fails with `exists`. Default: false. */
  readonly noClobber?: boolean;
  /** Bytes that the source has. With fewer or more, the upload fails with `file_changed`, and nothing is stored. */
  readonly size?: number;
  /** When to divide the object into parts. `auto`: where it is larger than one part. Default: `auto`. */
  readonly multipart?: 'auto' | 'never' | 'always';
  /** Bytes of a part, 5 MiB to 5 GiB. Default: by the size of a file; 16 MiB for a stream. */
  readonly partSize?: number;
  /** Aborts this upload. */
  readonly signal?: AbortSignal;
}

/** An object whose bytes S3 has proved to be those of the source. */
export interface StoredObject {
  /** Key that was asked for. */
  readonly key: string;
  /** Address of the object at the edge, percent-encoded. */
  readonly url: string;
  /** Size of the object. */
  readonly bytes: number;
  /** Without quotation marks. */
  readonly etag: string;
  /** What proved the bytes: a checksum as S3 writes it, or `md5` for the ETag. */
  readonly checksum: {
    readonly algorithm: 'crc32' | 'crc32c' | 'crc64nvme' | 'sha256' | 'md5';
    readonly value: string;
  };
  /** Requests that carried the bytes. */
  readonly parts: number;
  /** Tries of the request that took the most. */
  readonly attempts: number;
  /** Bytes that an earlier upload had stored. */
  readonly resumedBytes: number;
}

/** How far an upload is. */
export interface UploadProgress {
  /** Bytes sent, and bytes that were stored before. It falls by what is sent again. */
  readonly bytes: number;
  /** Absent for a stream without `size`. */
  readonly totalBytes?: number;
  /** Bytes a second, over the last five seconds. */
  readonly rate: number;
  /** A request waits for a retry after a network failure. */
  readonly isWaiting: boolean;
}

/**
 * An upload under way. Await it for the stored object; iterate it for progress. An iteration yields the newest progress,
 * at most ten times a second, and ends with the upload. Both throw {@link UploadError}.
 */
export type Upload = Promise<StoredObject> & AsyncIterable<UploadProgress>;

/** What the edge allows the token. */
export interface UploadLimits {
  /** Prefixes of keys that can be written; `''` allows all keys. Absent where the edge does not list them. */
  readonly writeTo?: readonly string[];
  /** The only key that can be written, with the token of a link. */
  readonly key?: string;
  /** Bytes of the largest object; absent: S3's limits. */
  readonly maxSize?: number;
}

/** Uploads to one edge. Its uploads share connections and limits. */
export interface Uploader {
  /** Origin of the edge. */
  readonly url: string;
  /** Starts an upload. It does not throw; the upload rejects. */
  upload(source: UploadSource, options: UploadOptions): Upload;
  /**
   * Asks the edge what the token allows.
   * @throws {UploadError}
   */
  limits(): Promise<UploadLimits>;
  /** Waits for the uploads under way, then closes all connections. To abort uploads, use `signal`. */
  close(): Promise<void>;
  /** Same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
