/** The one account and region of the embedded cloud, as they appear in every ARN. */
export const ACCOUNT_ID = '000000000000';
export const REGION = 'us-east-1';
