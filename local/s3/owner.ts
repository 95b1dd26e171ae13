import { ACCOUNT_ID } from '../account.ts';
import { sha256 } from '../auth/canonical.ts';

/** The account as S3 names owners: by a canonical user id, 64 hex digits. */
export const OWNER = { ID: sha256(ACCOUNT_ID) } as const;
