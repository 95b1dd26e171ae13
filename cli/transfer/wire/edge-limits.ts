import { omitUndefined } from '../../../protocol/fields.ts';
import { UserError } from '../../errors.ts';
import { formatBytes } from '../../ui/format.ts';

/** What an edge allows the caller to store. */
export interface EdgeLimits {
  /** Bytes of the largest object; absent: S3's limits. */
  readonly maxSize?: number;
  /** Prefixes that the caller is allowed to write; the empty prefix allows all keys. Absent where the edge does not list them. */
  readonly writeTo?: readonly string[];
  /** The only key that the caller is allowed to write, under a link or key for it. */
  readonly key?: string;
  /** Prefixes that the edge left out of a long `writeTo`. */
  readonly omitted?: number;
  /** Alias of the caller's issuer; absent where the edge knows the user pool alone. */
  readonly issuer?: string;
}

/** Returns the limits that an edge's description of itself contains; none for any other text. */
export function readLimits(text: string): EdgeLimits {
  try {
    const { policy, caller } = JSON.parse(text) as {
      policy?: { maxSize?: unknown };
      caller?: {
        writeTo?: unknown;
        key?: unknown;
        maxSize?: unknown;
        issuer?: unknown;
        omitted?: { writeTo?: unknown };
      };
    };
    const sizes = [policy?.maxSize, caller?.maxSize].map(numberOf).filter((size) => size !== undefined);
    return omitUndefined({
      maxSize: sizes.length === 0 ? undefined : Math.min(...sizes),
      issuer: typeof caller?.issuer === 'string' ? caller.issuer : undefined,
      writeTo: isTexts(caller?.writeTo) ? caller.writeTo : undefined,
      key: typeof caller?.key === 'string' ? caller.key : undefined,
      omitted: numberOf(caller?.omitted?.writeTo) || undefined,
    });
  } catch {
    // The next request shows what answers at this address.
    return {};
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** For sizes that the deployment, and not S3, refuses. */
export const LARGER_LIMIT = { hint: 'Ask the operator of the edge for a larger limit.' };

/** @throws {UserError} `too_large` */
export function checkSize(subject: string, bytes: number, { maxSize }: EdgeLimits): void {
  if (maxSize === undefined || bytes <= maxSize) return;
  throw new UserError(
    'too_large',
    `${subject} is larger than the ${formatBytes(maxSize)} (${maxSize} bytes) that the edge accepts.`,
    LARGER_LIMIT,
  );
}
