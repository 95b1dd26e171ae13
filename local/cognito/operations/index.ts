import { adminCreateUser } from './admin-create-user.ts';
import { adminUsers } from './admin-users.ts';
import { authentication } from './authentication.ts';
import { passwordReset } from './forgot-password.ts';
import { groups } from './groups.ts';
import { listUsers } from './list-users.ts';
import { mfaPreference } from './mfa-preference.ts';
import { poolMfa } from './pool-mfa.ts';
import { poolsAndClients } from './pools.ts';
import { selfService } from './self.ts';
import { softwareToken } from './software-token.ts';
import { tokens } from './tokens.ts';

/** Every operation of the embedded Cognito by its name. */
export const OPERATIONS = {
  ...adminCreateUser,
  ...adminUsers,
  ...authentication,
  ...groups,
  ...listUsers,
  ...mfaPreference,
  ...passwordReset,
  ...poolMfa,
  ...poolsAndClients,
  ...selfService,
  ...softwareToken,
  ...tokens,
};
