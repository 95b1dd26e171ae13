import { ACCOUNT_ID, REGION } from '../account.ts';

export const poolArn = (poolId: string) => `arn:aws:cognito-idp:${REGION}:${ACCOUNT_ID}:userpool/${poolId}`;
