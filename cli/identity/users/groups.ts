import { omitUndefined } from '../../../protocol/fields.ts';
import { command, type HintLine } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { rawPages } from '../../stack/aws-calls.ts';
import { awsErrorName } from '../cognito-errors.ts';
import type { AdministeredPool } from './administered-pool.ts';
import { isGroupName } from './group-name.ts';

/** Yields every group of the pool, reading page after page. */
export async function* listGroups({
  cognito,
  sdk,
  userPoolId: UserPoolId,
  signal,
}: AdministeredPool): AsyncGenerator<{ readonly name: string; readonly description?: string }> {
  const listed = rawPages({
    doing: 'Listing the groups',
    signal,
    ask: (NextToken?: string) => cognito.send(new sdk.ListGroupsCommand({ UserPoolId, NextToken })),
    next: ({ NextToken }) => NextToken,
  });
  for await (const { Groups = [] } of listed) {
    for (const { GroupName = '', Description } of Groups) {
      yield { name: GroupName, ...omitUndefined({ description: Description }) };
    }
  }
}

/** Returns the groups of a user: a hundred at most. */
export async function groupsOf(
  { cognito, sdk, userPoolId: UserPoolId, signal }: AdministeredPool,
  Username: string,
): Promise<string[]> {
  const names: string[] = [];
  const listed = rawPages({
    doing: `Listing the groups of ${Username}`,
    signal,
    ask: (NextToken?: string) =>
      cognito.send(new sdk.AdminListGroupsForUserCommand({ UserPoolId, Username, NextToken })),
    next: ({ NextToken }) => NextToken,
  });
  for await (const { Groups = [] } of listed) names.push(...Groups.map(({ GroupName = '' }) => GroupName));
  return names;
}

/** @throws {UserError} `usage` for a name that no group can have */
export function requireGroupNames(names: readonly string[]): void {
  const invalid = names.find((name) => !isGroupName(name));
  if (invalid !== undefined) {
    throw new UserError('usage', `Invalid name of a group: “${invalid}”.`, {
      hint: 'Use 1 to 128 letters, digits, punctuation marks and symbols, without spaces.',
    });
  }
}

/** Creates a group. Returns false if the pool has it. */
export async function createGroup(
  { cognito, sdk, userPoolId: UserPoolId }: AdministeredPool,
  GroupName: string,
): Promise<boolean> {
  try {
    await cognito.send(new sdk.CreateGroupCommand({ UserPoolId, GroupName }));
    return true;
  } catch (error) {
    if (awsErrorName(error) !== 'GroupExistsException') throw error;
    return false;
  }
}

/**
 * @param toCreate how to create a missing group
 * @throws {UserError} `not_found` for a group that the pool does not have: members of a mistyped group could not upload
 */
export async function requireGroups(
  { cognito, sdk, userPoolId: UserPoolId }: AdministeredPool,
  names: readonly string[],
  toCreate: (name: string) => readonly HintLine[] = () => [],
): Promise<void> {
  for (const GroupName of names) {
    try {
      await cognito.send(new sdk.GetGroupCommand({ UserPoolId, GroupName }));
    } catch (error) {
      if (awsErrorName(error) !== 'ResourceNotFoundException') throw error;
      throw new UserError('not_found', `The user pool has no group “${GroupName}”.`, {
        hint: [...toCreate(GroupName), 'See the groups:', command`edge-upload user groups`],
        cause: error,
      });
    }
  }
}

export async function addToGroup(
  { cognito, sdk, userPoolId: UserPoolId }: AdministeredPool,
  Username: string,
  GroupName: string,
): Promise<void> {
  await cognito.send(new sdk.AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName }));
}

export async function removeFromGroup(
  { cognito, sdk, userPoolId: UserPoolId }: AdministeredPool,
  Username: string,
  GroupName: string,
): Promise<void> {
  await cognito.send(new sdk.AdminRemoveUserFromGroupCommand({ UserPoolId, Username, GroupName }));
}
