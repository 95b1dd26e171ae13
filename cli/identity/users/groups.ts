import {
  AdminAddUserToGroupCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  CreateGroupCommand,
  GetGroupCommand,
  ListGroupsCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import { UserError } from '../../errors.ts';
import { pages } from '../../network/pages.ts';
import { awsErrorName } from '../cognito-errors.ts';
import type { AdministeredPool } from './administered-pool.ts';

/** Every group of the pool, page after page while they are read. */
export async function* listGroups({
  cognito,
  userPoolId: UserPoolId,
  signal,
}: AdministeredPool): AsyncGenerator<{ readonly name: string; readonly description?: string }> {
  const listed = pages({
    doing: 'Listing the groups',
    signal,
    ask: (NextToken?: string) => cognito.send(new ListGroupsCommand({ UserPoolId, NextToken })),
    next: ({ NextToken }) => NextToken,
  });
  for await (const { Groups = [] } of listed) {
    for (const { GroupName = '', Description } of Groups) {
      yield { name: GroupName, ...omitUndefined({ description: Description }) };
    }
  }
}

/** A user can be in a hundred groups at most. */
export async function groupsOf(
  { cognito, userPoolId: UserPoolId, signal }: AdministeredPool,
  Username: string,
): Promise<string[]> {
  const names: string[] = [];
  const listed = pages({
    doing: `Listing the groups of ${Username}`,
    signal,
    ask: (NextToken?: string) =>
      cognito.send(new AdminListGroupsForUserCommand({ UserPoolId, Username, NextToken })),
    next: ({ NextToken }) => NextToken,
  });
  for await (const { Groups = [] } of listed) names.push(...Groups.map(({ GroupName = '' }) => GroupName));
  return names;
}

/** Makes the groups that are not there yet. */
export async function createGroups(
  { cognito, userPoolId: UserPoolId }: AdministeredPool,
  names: readonly string[],
): Promise<void> {
  for (const GroupName of names) {
    try {
      await cognito.send(new CreateGroupCommand({ UserPoolId, GroupName }));
    } catch (error) {
      if (awsErrorName(error) !== 'GroupExistsException') throw error;
    }
  }
}

/** @throws {UserError} `usage` for a group that the pool does not have: in a mistyped one a user could not upload. */
export async function requireGroups(
  { cognito, userPoolId: UserPoolId }: AdministeredPool,
  names: readonly string[],
): Promise<void> {
  for (const GroupName of names) {
    try {
      await cognito.send(new GetGroupCommand({ UserPoolId, GroupName }));
    } catch (error) {
      if (awsErrorName(error) !== 'ResourceNotFoundException') throw error;
      throw new UserError('usage', `The user pool has no group “${GroupName}”.`, {
        hint: 'See them with: edge-upload user groups   or make it with --create.',
        cause: error,
      });
    }
  }
}

export async function addToGroups(
  { cognito, userPoolId: UserPoolId }: AdministeredPool,
  Username: string,
  names: readonly string[],
): Promise<void> {
  for (const GroupName of names) {
    await cognito.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName }));
  }
}

export async function removeFromGroups(
  { cognito, userPoolId: UserPoolId }: AdministeredPool,
  Username: string,
  names: readonly string[],
): Promise<void> {
  for (const GroupName of names) {
    await cognito.send(new AdminRemoveUserFromGroupCommand({ UserPoolId, Username, GroupName }));
  }
}
