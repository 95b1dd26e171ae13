import { createHash, randomBytes } from 'node:crypto';

/** Ids of distributions and origin access controls: `E` and 13 capitals or digits. */
export function distributionId(suffix: string): string {
  return `E${suffix.slice(0, 13).toUpperCase()}`;
}

/** Ids of policies are UUIDs; made from the suffix, so that a repeated create finds the first one. */
export function policyId(suffix: string): string {
  const hex = createHash('sha256').update(suffix).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

/** What `x-amz-cf-id` and the event's `requestId` hold: 56 characters, the same for one request. */
export function requestId(): string {
  return randomBytes(40).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** The name an edge server gives itself in `Via`. */
export function edgeName(id: string): string {
  return `${createHash('md5').update(id).digest('hex')}.cloudfront.net`;
}
