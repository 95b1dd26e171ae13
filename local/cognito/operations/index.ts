import type { Operation } from '../operation.ts';
import { adminCreateUser } from './admin-create-user.ts';
import { adminResetUserPassword, adminSetUserPassword } from './admin-passwords.ts';
import {
  adminDeleteUser,
  adminDisableUser,
  adminEnableUser,
  adminGetUser,
  adminUpdateUserAttributes,
  adminUserGlobalSignOut,
} from './admin-users.ts';
import { deleteUserPool } from './delete-user-pool.ts';
import { describeUserPool, describeUserPoolClient, listUserPoolClients, listUserPools } from './describe.ts';
import { confirmForgotPassword, forgotPassword } from './forgot-password.ts';
import {
  adminAddUserToGroup,
  adminListGroupsForUser,
  adminRemoveUserFromGroup,
  listUsersInGroup,
} from './group-members.ts';
import { createGroup, deleteGroup, listGroups, readGroup } from './groups.ts';
import { adminInitiateAuth, initiateAuth } from './initiate-auth.ts';
import { listUsers } from './list-users.ts';
import { adminSetUserMfaPreference, setUserMfaPreference } from './mfa-preference.ts';
import { getUserPoolMfaConfig, setUserPoolMfaConfig } from './pool-mfa.ts';
import { adminRespondToAuthChallenge, respondToAuthChallenge } from './respond-to-auth-challenge.ts';
import { changePassword, getUser, updateUserAttributes } from './self.ts';
import { associateSoftwareToken, verifySoftwareToken } from './software-token.ts';
import { getTokensFromRefreshToken, globalSignOut, revokeToken } from './tokens.ts';
import { updateUserPoolClient } from './update-client.ts';

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
