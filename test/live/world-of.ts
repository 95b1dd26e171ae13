import assert from 'node:assert/strict';
import type { LiveWorld } from '../../live/world.ts';
import { USER_POOL_ID } from '../edge/support/pool.ts';

/** Returns the world of a probe, with only the members that its stand-in has. */
export function worldOf(parts: Partial<LiveWorld>): LiveWorld {
  const names: (keyof LiveWorld)[] = ['s3', 'kms', 'cognito', 'edge', 'run', 'credentials'];
  const absent = names.map((name) => [name, () => assert.fail(`the stand-in has no ${name}`)]);
  return {
    ...(Object.fromEntries(absent) as Pick<
      LiveWorld,
      's3' | 'kms' | 'cognito' | 'edge' | 'run' | 'credentials'
    >),
    ...{ stackName: 'edge-upload-live-1', expires: new Date(), url: 'https://d111.cloudfront.net' },
    ...{ bucket: 'bucket', userPoolId: USER_POOL_ID, clientId: 'client', token: 'token' },
    signal: new AbortController().signal,
    key: () => 'live/probe-1',
    pause: async () => {},
    close: () => {},
    ...parts,
  };
}
