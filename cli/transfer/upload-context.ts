import type { Context } from '../context.ts';
import { connectEdge, type EdgeOptions } from './edge-connection.ts';
import type { LimitsMemory } from './limits.ts';
import { createLimits } from './limits.ts';
import { openJournals } from './multipart/journals.ts';
import type { FileUploadContext } from './multipart/upload-file.ts';
import type { StreamUploadContext } from './multipart/upload-stream.ts';
import { createRings } from './pacing/buffers.ts';
import { createPartLimiter } from './pacing/part-limiter.ts';
import { createPool } from './pacing/pool.ts';
import { type Algorithm, openDigester } from './proof/digests.ts';
import { createDiskCalls, type DiskCalls } from './sources/disk-calls.ts';
import { CLOCK } from './wire/retry.ts';

/** What all uploads of one command share; each function takes the part of it that it needs. */
export interface UploadContext extends FileUploadContext, StreamUploadContext {
  readonly disk: DiskCalls;
}

export interface UploadContextOptions extends EdgeOptions {
  /** Requests under way at once, of all files together. */
  readonly concurrency?: number;
  /** The checksum that S3 verifies and stores. */
  readonly checksum?: Algorithm;
  /** What an earlier command learned of the edge's limits; absent: the edge is asked. */
  readonly limitsMemory?: LimitsMemory;
}

const CONCURRENCY = 32;

export async function openUploadContext(
  context: Context,
  options: UploadContextOptions,
): Promise<UploadContext> {
  const { ui, signal, now } = context;
  const { concurrency = CONCURRENCY, checksum = 'crc32', clock = CLOCK } = options;
  const { tokens, limitRate, limitsMemory } = options;
  const { edge, cleanUp } = connectEdge(context, options);
  return {
    edge,
    cleanUp,
    limits: createLimits({ edge, tokens, memory: limitsMemory, signal }),
    journals: openJournals(context),
    digester: await openDigester(checksum),
    rings: createRings(),
    disk: createDiskCalls(CLOCK.now),
    slots: createPool(concurrency),
    limiter: createPartLimiter({ most: concurrency, limitRate, clock }),
    now,
    signal,
    warn: (text) => ui.event({ type: 'warning', text }),
    note: (text) => ui.event({ type: 'note', text }),
  };
}
