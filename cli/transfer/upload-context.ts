import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { connectEdge, type EdgeOptions, type EdgeWorld } from './edge-connection.ts';
import type { LimitsMemory } from './limits.ts';
import { createLimits } from './limits.ts';
import type { Journals } from './multipart/journals.ts';
import type { FileUploadContext } from './multipart/upload-file.ts';
import type { StreamUploadContext } from './multipart/upload-stream.ts';
import { createBuffers } from './pacing/buffers.ts';
import { createRateLimit } from './pacing/outflow.ts';
import { createPartLimiter } from './pacing/part-limiter.ts';
import { createPool } from './pacing/pool.ts';
import { type Algorithm, openDigester } from './proof/digests.ts';
import { createDiskCalls, type DiskCalls } from './sources/disk-calls.ts';
import { CLOCK } from './wire/retry.ts';

/** What the uploads of one command share; each function takes the part of it that it needs. */
export interface UploadContext extends FileUploadContext, StreamUploadContext {
  readonly disk: DiskCalls;
  /** Returns a context that shares memory, limits and connections with this one, but is aborted and reports apart. */
  readonly apart: (world: UploadWorld) => UploadContext;
}

/** Where uploads report to, what aborts them, and where they are recorded to be resumed. */
export interface UploadWorld extends EdgeWorld {
  readonly journals: Journals;
  /** Called when the number of requests that wait for another try changes. */
  readonly onTrouble?: EdgeOptions['onTrouble'];
}

export interface UploadContextOptions extends Omit<EdgeOptions, 'rateLimit' | 'onTrouble'> {
  /** Requests under way at once, of all files together. */
  readonly concurrency?: number;
  /** Bytes a second, of all files together. */
  readonly limitRate?: number;
  /** The checksum that S3 verifies and stores. */
  readonly checksum?: Algorithm;
  /** What an earlier command learned of the edge's limits; absent: the edge is asked. */
  readonly limitsMemory?: LimitsMemory;
}

const CONCURRENCY = 32;
/** The most that `concurrency` can be. */
export const MAX_CONCURRENCY = 256;

export async function openUploadContext(
  world: UploadWorld,
  options: UploadContextOptions,
): Promise<UploadContext> {
  const { concurrency = CONCURRENCY, checksum = 'crc32', clock = CLOCK } = options;
  const { tokens, limitRate, limitsMemory } = options;
  const rateLimit = limitRate === undefined ? undefined : createRateLimit(limitRate, clock, world.signal);
  const parts = (own: UploadWorld) => {
    const { ui, signal, now, journals, onTrouble } = own;
    return {
      ...connectEdge(own, { ...options, rateLimit, ...omitUndefined({ onTrouble }) }),
      journals,
      now,
      signal,
      warn: (text: string) => ui.event({ type: 'warning', text }),
      note: (text: string) => ui.event({ type: 'note', text }),
    };
  };
  const first = parts(world);
  const shared: Omit<UploadContext, keyof typeof first> = {
    limits: createLimits({ edge: first.edge, tokens, memory: limitsMemory, signal: world.signal }),
    digester: await openDigester(checksum),
    buffers: createBuffers(),
    disk: createDiskCalls(CLOCK.now),
    slots: createPool(concurrency),
    limiter: createPartLimiter({ most: concurrency, limitRate, clock }),
    apart: (own) => ({ ...shared, ...parts(own) }),
  };
  return { ...shared, ...first };
}
