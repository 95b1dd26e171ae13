import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/** The region of Lambda@Edge and of everything that it uses. */
export const REGION = 'us-east-1';

/** Prefix of the name of each stack that a run deploys. */
export const STACK_PREFIX = 'edge-upload-live-';

/** Tag of everything that a run deploys: when a sweep deletes it, in ISO 8601. */
export const EXPIRES_TAG = 'edge-upload-live-expires';

/** Hours after which `npm run live:sweep` deletes what a run left. */
export const RUN_HOURS = 6;

/** Temporary credentials of a role. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * Returns the account of the credentials, after comparing it with the intended one.
 * @throws {Error} if they differ, or if none is named
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
        `The credentials belong to account ${Account}, but EDGE_UPLOAD_LIVE names ${wanted}. Nothing was done.`,
      );
    }
    return wanted;
  } finally {
    client.destroy();
  }
}
