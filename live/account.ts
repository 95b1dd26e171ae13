import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/** Lambda@Edge and all that belongs to it are made here. */
export const REGION = 'us-east-1';

/** Beginning of the name of each stack that a run deploys. */
export const STACK_PREFIX = 'edge-upload-live-';

/** Tag of what a run deploys: the time after which a sweep deletes it, ISO 8601. */
export const EXPIRES_TAG = 'edge-upload-live-expires';

/** After so many hours `npm run live:sweep` removes what a run left. */
export const RUN_HOURS = 6;

/**
 * Compares the account of the credentials with the one that is meant.
 * @throws {Error} where they differ, or none is named
 */
export async function requireAccount(wanted: string | undefined): Promise<string> {
  if (wanted === undefined || !/^\d{12}$/.test(wanted)) {
    throw new Error('Set EDGE_UPLOAD_LIVE to the id of the account to use: 12 digits.');
  }
  const client = new STSClient({ region: REGION });
  try {
    const { Account } = await client.send(new GetCallerIdentityCommand({}));
    if (Account !== wanted) {
      throw new Error(
        `The credentials are of the account ${Account}, and EDGE_UPLOAD_LIVE names ${wanted}. Nothing was done.`,
      );
    }
    return wanted;
  } finally {
    client.destroy();
  }
}
