import { DESCRIPTION_KEY } from '../../../protocol/key-rules.ts';
import { UserError } from '../../errors.ts';
import { formatBytes } from '../../ui/format.ts';
import type { EdgeClient } from './edge-client.ts';
import { notInGroup } from './refusals.ts';

/** What an edge takes. */
export interface EdgeLimits {
  /** Bytes of the largest object; absent: S3's own bounds. */
  readonly maxSize?: number;
  /** What the caller's keys must begin with, one of them; empty text: anything. Absent where the edge does not say. */
  readonly writeTo?: readonly string[];
}

/** Reads the limits out of an edge's description of itself; what is no such description has no say about them. */
export function readLimits(text: string): EdgeLimits {
  try {
    const { policy, caller } = JSON.parse(text) as {
      policy?: { maxSize?: unknown };
      caller?: { writeTo?: unknown };
    };
    return {
      ...(typeof policy?.maxSize === 'number' ? { maxSize: policy.maxSize } : {}),
      ...(isTexts(caller?.writeTo) ? { writeTo: caller.writeTo } : {}),
    };
  } catch {
    // The request that follows will show what answers there.
    return {};
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** @throws {UserError} `too_large` */
export function checkSize(subject: string, bytes: number, { maxSize }: EdgeLimits): void {
  if (maxSize === undefined || bytes <= maxSize) return;
  throw new UserError(
    'too_large',
    `${subject} is larger than the ${formatBytes(maxSize)} (${maxSize} bytes) that the edge takes.`,
  );
}

/** Asks the edge for its limits, until it has told them once. An upload in parts would otherwise hear of them after its last part. */
export function createLimits(edge: EdgeClient): () => Promise<EdgeLimits> {
  let asked: Promise<EdgeLimits> | undefined;
  const ask = async () => {
    const { value } = await edge.request(
      { method: 'GET', key: DESCRIPTION_KEY, subject: edge.url },
      ({ text }) => {
        const limits = readLimits(text);
        if (limits.writeTo?.length === 0) throw notInGroup(edge.url);
        return limits;
      },
    );
    return value;
  };
  return () => {
    asked ??= ask().catch((error: unknown) => {
      asked = undefined;
      throw error;
    });
    return asked;
  };
}
