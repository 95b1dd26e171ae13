/** The one account and region of the embedded cloud, as they appear in every ARN. */
export const ACCOUNT_ID = '000000000000';
export const REGION = 'us-east-1';

/**
 * The access keys of the embedded account: a key belongs to it when its secret is the same word, such as
 * `test`/`test`. So signatures are truly checked (a wrong secret is refused), and any client can be set up at once.
 */
export function accountSecret(accessKeyId: string): string {
  return accessKeyId;
}
