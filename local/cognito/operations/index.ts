import type { Operation } from '../operation.ts';
import { adminCreateUser } from './admin-create-user.ts';
import {
  adminDeleteUser,
  adminDisableUser,
  adminEnableUser,
  adminGetUser,
  adminResetUserPassword,
  adminSetUserPassword,
  adminUpdateUserAttributes,
  adminUserGlobalSignOut,
} from './admin-users.ts';
import {
  adminInitiateAuth,
  adminRespondToAuthChallenge,
  initiateAuth,
  respondToAuthChallenge,
} from './authentication.ts';
import { confirmForgotPassword, forgotPassword } from './forgot-password.ts';
import {
  adminAddUserToGroup,
  adminListGroupsForUser,
  adminRemoveUserFromGroup,
  createGroup,
  deleteGroup,
  listGroups,
  listUsersInGroup,
  readGroup,
} from './groups.ts';
import { listUsers } from './list-users.ts';
import { adminSetUserMfaPreference, setUserMfaPreference } from './mfa-preference.ts';
import { getUserPoolMfaConfig, setUserPoolMfaConfig } from './pool-mfa.ts';
import {
  deleteUserPool,
  describeUserPool,
  describeUserPoolClient,
  listUserPoolClients,
  listUserPools,
  updateUserPoolClient,
} from './pools.ts';
import { changePassword, getUser, updateUserAttributes } from './self.ts';
import { associateSoftwareToken, verifySoftwareToken } from './software-token.ts';
import { getTokensFromRefreshToken, globalSignOut, revokeToken } from './tokens.ts';

const ALL: readonly Operation[] = [
  adminAddUserToGroup,
  adminCreateUser,
  adminDeleteUser,
  adminDisableUser,
  adminEnableUser,
  adminGetUser,
  adminInitiateAuth,
  adminListGroupsForUser,
  adminRemoveUserFromGroup,
  adminResetUserPassword,
  adminRespondToAuthChallenge,
  adminSetUserMfaPreference,
  adminSetUserPassword,
  adminUpdateUserAttributes,
  adminUserGlobalSignOut,
  associateSoftwareToken,
  changePassword,
  confirmForgotPassword,
  createGroup,
  deleteGroup,
  deleteUserPool,
  describeUserPool,
  describeUserPoolClient,
  forgotPassword,
  getTokensFromRefreshToken,
  getUser,
  getUserPoolMfaConfig,
  globalSignOut,
  initiateAuth,
  listGroups,
  listUserPoolClients,
  listUserPools,
  listUsers,
  listUsersInGroup,
  readGroup,
  respondToAuthChallenge,
  revokeToken,
  setUserMfaPreference,
  setUserPoolMfaConfig,
  updateUserAttributes,
  updateUserPoolClient,
  verifySoftwareToken,
];

/** Every operation that the embedded Cognito has, by its name. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(ALL.map((one) => [one.name, one]));
