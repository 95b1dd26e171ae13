import { omitUndefined } from '../../protocol/fields.ts';
import { isUserError, UserError } from '../errors.ts';
import { namesIn } from '../settings/own-files.ts';
import { orReport } from '../settings/records.ts';
import type { Ui } from '../ui/ui.ts';
import { type Algorithm, openDigester } from './integrity.ts';
import { createLimits, type LimitsMemory } from './limits.ts';
import { journalName } from './multipart/journal.ts';
import type { Journals } from './multipart/journals.ts';
import type { FileUploadContext } from './multipart/upload-file.ts';
import type { StreamUploadContext } from './multipart/upload-stream.ts';
import { createRateLimit } from './pacing/outflow.ts';
import { PartLimiter } from './pacing/part-limiter.ts';
import { createPool } from './pacing/pool.ts';
import { checkKey } from './placing.ts';
import { type PlanOptions, planUpload } from './plan.ts';
import type { FileMeter, TransferMeter } from './progress.ts';
import { contentType, putObject, type Stored } from './put-object.ts';
import { createDiskCalls, type DiskCalls, whenFree } from './sources/disk-calls.ts';
import { pathText } from './sources/file-path.ts';
import { checkStream } from './sources/file-stamp.ts';
import type { Item } from './sources/items.ts';
import { createBuffers, withSegment } from './sources/segment.ts';
import { openFile } from './sources/source-file.ts';
import { connectEdge, type EdgeOptions, type EdgeWorld } from './wire/edge-client.ts';
import { CLOCK } from './wire/retry.ts';

/** The context that the uploads of one command share. Each function takes the members that it needs. */
interface UploadContext extends FileUploadContext, StreamUploadContext, Pick<UploadWorld, 'signIns'> {
  readonly disk: DiskCalls;
  /** Returns a context that shares memory, limits and connections with this one, but is aborted and reports apart. */
  readonly apart: (world: UploadWorld) => UploadContext;
}

/** The events, the abort signal and the journals of uploads. */
export interface UploadWorld extends EdgeWorld {
  /** Absent: an upload that is interrupted starts again. */
  readonly journals?: Journals | undefined;
  /** Called when the number of requests that wait for another try changes. */
  readonly onTrouble?: EdgeOptions['onTrouble'];
  /** Ids of the files of sign-ins, which are not uploaded. */
  readonly signIns?: Promise<ReadonlySet<string>> | undefined;
}

export interface UploadContextOptions extends Omit<EdgeOptions, 'rateLimit' | 'onTrouble'> {
  /** Requests under way at once, of all files together. */
  readonly concurrency?: number;
  /** Bytes a second, of all files together. */
  readonly limitRate?: number;
  /** The checksum that S3 verifies and stores. */
  readonly checksum?: Algorithm;
  /** Limits that an earlier command remembered; absent: the edge is asked. */
  readonly limitsMemory?: LimitsMemory;
}

const CONCURRENCY = 32;
/** Maximum of `concurrency`. */
export const MAX_CONCURRENCY = 256;

async function openContext(world: UploadWorld, options: UploadContextOptions): Promise<UploadContext> {
  const { concurrency = CONCURRENCY, checksum = 'crc32', clock = CLOCK } = options;
  const { tokens, limitRate, limitsMemory } = options;
  const rateLimit = limitRate === undefined ? undefined : createRateLimit(limitRate, clock, world.signal);
  const parts = (own: UploadWorld) => {
    const { ui, signal, now, journals, onTrouble, signIns } = own;
    return {
      ...connectEdge(own, { ...options, rateLimit, ...omitUndefined({ onTrouble }) }),
      signIns,
      journals,
      now,
      signal,
      warn: (text: string) => ui.event({ type: 'warning', text }),
      note: (text: string) => ui.event({ type: 'note', text }),
    };
  };
  let limiter: PartLimiter | undefined;
  const first = parts(world);
  const shared: Omit<UploadContext, keyof typeof first> = {
    limits: createLimits({ edge: first.edge, tokens, memory: limitsMemory, signal: world.signal }),
    digester: await openDigester(checksum),
    buffers: createBuffers(),
    disk: createDiskCalls(CLOCK.now),
    slots: createPool(concurrency),
    limiter() {
      limiter ??= new PartLimiter({ most: concurrency, limitRate, clock });
      return limiter;
    },
    apart: (own) => ({ ...shared, ...parts(own) }),
  };
  return { ...shared, ...first };
}

/** Options of one stored object. */
interface ItemOptions extends PlanOptions {
  /** Header fields of the object, as `objectHeaders` returns them. */
  readonly headers: Readonly<Record<string, string>>;
  /** An existing object is not replaced. */
  readonly noClobber?: boolean;
  /** Expected bytes of a file. */
  readonly size?: number;
  /** Parts of a stream under way at once. */
  readonly concurrency?: number;
  readonly meter: TransferMeter;
}

type FileItem = Item & { kind: 'file' };

/** Stores files and streams through one edge, for `put` and the library. */
export interface EdgeUploader {
  readonly context: UploadContext;
  /** @throws {UserError} */
  upload(item: Item, options: ItemOptions): Promise<Stored>;
  /** Returns an uploader that shares memory and connections with this one, but is aborted and reports apart. */
  apart(world: UploadWorld): EdgeUploader;
}

export async function openUploader(world: UploadWorld, options: UploadContextOptions): Promise<EdgeUploader> {
  return uploaderIn(await openContext(world, options));
}

/**
 * Returns journals that warn once.
 * @param folder returns their folder; it throws if this computer has none.
 * @param isWarned whether a warning already reported that nothing is recorded for the next run.
 */
export function journalsIn(
  folder: () => string,
  { event }: Pick<Ui, 'event'>,
  isWarned = () => false,
): Journals {
  let warned = false;
  return {
    folder,
    earlierFolder() {
      try {
        return folder();
      } catch (error) {
        if (!isUserError(error)) throw error;
        return undefined;
      }
    },
    onTrouble({ message }) {
      const text = `An interrupted upload may have to start again: ${message}`;
      if (!warned && !isWarned()) event({ type: 'warning', text });
      warned = true;
    },
  };
}

/** Returns the file names of the journals that earlier runs left; none if their folder cannot be read, which is reported. */
async function journalNames(journals: Journals): Promise<ReadonlySet<string>> {
  const folder = journals.earlierFolder();
  if (folder === undefined) return new Set();
  return new Set(await orReport(() => whenFree(() => namesIn(folder)), journals.onTrouble));
}

function uploaderIn(context: UploadContext): EdgeUploader {
  const { edge, journals } = context;
  let names: Promise<ReadonlySet<string>> | undefined;
  const abortEarlier = async ({ key, path }: FileItem) => {
    if (journals === undefined) return;
    names ??= journalNames(journals);
    const left = await names;
    if (left.size === 0) return;
    const subject = { url: edge.url, key, path: pathText(path) };
    if (!left.has(journalName(subject))) return;
    const { abortRecorded } = await import('./multipart/abort.ts');
    await orReport(() => abortRecorded(journals.folder(), subject, context), journals.onTrouble);
  };
  return {
    context,
    async upload(item, options) {
      if (item.kind === 'refused') throw item.error;
      checkKey(item.key, item.name);
      return item.kind === 'stream'
        ? uploadFromStream(item, options, context)
        : uploadFile(item, options, context, abortEarlier);
    },
    apart: (world) => uploaderIn(context.apart(world)),
  };
}

/** The object to store, from a file or a stream. */
function describe({ name, key }: Item, { headers, noClobber = false }: ItemOptions, meter: FileMeter) {
  return {
    key,
    headers: { 'content-type': contentType(key, name), ...headers },
    noClobber,
    onSent: meter.moved,
    onFound: meter.found,
  };
}

/** @param abortEarlier aborts the upload in parts that an earlier run left: of a larger file, or with `--multipart always`. */
async function uploadFile(
  item: FileItem,
  options: ItemOptions,
  context: UploadContext,
  abortEarlier: (item: FileItem) => Promise<void>,
): Promise<Stored> {
  const { edge, digester, slots, disk, signIns, signal } = context;
  const { name, found, expected } = item;
  const file = await openFile(item.path, { name, regular: found, expected, signIns, signal, disk });
  const progress = options.meter.begin(item.name, file.size);
  try {
    checkFileSize(item.name, file.size, options);
    const plan = planUpload(item.name, file.size, options);
    const upload = describe(item, options, progress);
    if (plan.multipart) {
      const { uploadFileInParts } = await import('./multipart/upload-file.ts');
      const partSizeGiven = options.partSize !== undefined;
      const path = pathText(item.path);
      return await uploadFileInParts({ file, path, upload, plan, partSizeGiven }, context);
    }
    await abortEarlier(item);
    const whole = { from: 0, length: file.size };
    return await slots.run(() =>
      withSegment(file, whole, context, (segment) => putObject(segment, upload, digester, edge)),
    );
  } finally {
    progress.end();
    file.close();
  }
}

function checkFileSize(name: string, found: number, { size = found }: ItemOptions): void {
  if (found === size) return;
  throw new UserError('file_changed', `${name} should have ${size} bytes; it has ${found}.`);
}

async function uploadFromStream(
  item: Item & { kind: 'stream' },
  options: ItemOptions,
  context: UploadContext,
): Promise<Stored> {
  const { stream, name, size } = item;
  checkStream(name, stream, await context.signIns);
  const progress = options.meter.begin(name, size);
  // Drawn progress would overwrite typed input.
  const isTyped = 'isTTY' in stream && stream.isTTY === true;
  const onRead = isTyped ? () => {} : progress.read;
  onRead(0);
  const upload = describe(item, options, progress);
  try {
    const { uploadStream } = await import('./multipart/upload-stream.ts');
    return await uploadStream({ stream, name, size, upload, onRead }, options, context);
  } finally {
    progress.end();
  }
}
