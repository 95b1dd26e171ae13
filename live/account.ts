import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/** Lambda@Edge and all that belongs to it are made here. */
export const REGION = 'us-east-1';

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
