import { omitUndefined } from '../../../protocol/fields.ts';
import type { JsonObject } from '../../json.ts';
import { integer, type Output, required, text } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import { notEmbedded, resourceNotFound } from '../errors.ts';
import { groupName, listing, paging, poolId, userOfPool } from '../fields.ts';
import { type Context, signed } from '../operation.ts';
import type { GroupRecord } from '../store/model.ts';
import type { UserPool } from '../store/pool.ts';
import { describeUser, epoch, getUser } from '../users.ts';

const LARGEST_PRECEDENCE = 2 ** 31 - 1;

function getGroup(pool: UserPool, name: string): GroupRecord {
  const group = pool.groups.find((one) => one.name === name);
  if (!group) throw resourceNotFound('Group not found.');
  return group;
}

const describeGroup = (pool: UserPool, group: GroupRecord): JsonObject => ({
  GroupName: group.name,
  UserPoolId: pool.id,
  ...omitUndefined({ Description: group.description, Precedence: group.precedence }),
  LastModifiedDate: epoch(group.modified),
  CreationDate: epoch(group.created),
});

/** Returns one page of groups, sorted by name. */
const listGroupPage = (
  pool: UserPool,
  groups: readonly GroupRecord[],
  { Limit, NextToken }: { readonly Limit: number | undefined; readonly NextToken: string | undefined },
): JsonObject =>
  listing('Groups', groups, {
    keyOf: ({ name }) => name,
    describe: (group) => describeGroup(pool, group),
    limit: Limit,
    token: NextToken,
  });

/** https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html */
const GROUPS_PER_USER = 100;

const membership = { ...userOfPool, GroupName: required(groupName) };

function find({ pools }: Context, input: Output<typeof membership>) {
  const pool = pools.get(input.UserPoolId);
  return { pool, sub: getUser(pool, input.Username).sub, group: getGroup(pool, input.GroupName) };
}

function setMembers(pool: UserPool, { name }: GroupRecord, members: readonly string[], now: Date): void {
  pool.groups = pool.groups.map((group) =>
    group.name === name ? { ...group, members, modified: now.toISOString() } : group,
  );
}

export const groups = {
  CreateGroup: signed(
    {
      UserPoolId: required(poolId),
      GroupName: required(groupName),
      Description: text({ max: 2048 }),
      Precedence: integer({ min: 0, max: LARGEST_PRECEDENCE }),
      RoleArn: text({ min: 20, max: 2048 }),
    },
    ({ pools, now }, input) => {
      const pool = pools.get(input.UserPoolId);
      if (input.RoleArn !== undefined) throw notEmbedded('the RoleArn of a group');
      if (pool.groups.some(({ name }) => name === input.GroupName)) {
        throw new AwsError('GroupExistsException', 'A group with the name already exists.');
      }
      const created = now().toISOString();
      const group: GroupRecord = {
        name: input.GroupName,
        ...omitUndefined({ description: input.Description, precedence: input.Precedence }),
        created,
        modified: created,
        members: [],
      };
      pool.groups = [...pool.groups, group];
      return { Group: describeGroup(pool, group) };
    },
  ),
  GetGroup: signed({ UserPoolId: required(poolId), GroupName: required(groupName) }, ({ pools }, input) => {
    const pool = pools.get(input.UserPoolId);
    return { Group: describeGroup(pool, getGroup(pool, input.GroupName)) };
  }),
  DeleteGroup: signed(
    { UserPoolId: required(poolId), GroupName: required(groupName) },
    ({ pools }, input) => {
      const pool = pools.get(input.UserPoolId);
      const group = getGroup(pool, input.GroupName);
      pool.groups = pool.groups.filter((one) => one !== group);
    },
  ),
  ListGroups: signed({ UserPoolId: required(poolId), ...paging }, ({ pools }, input) => {
    const pool = pools.get(input.UserPoolId);
    return listGroupPage(pool, pool.groups, input);
  }),
  AdminAddUserToGroup: signed(membership, (context, input) => {
    const { pool, sub, group } = find(context, input);
    if (group.members.includes(sub)) return undefined;
    if (pool.groupsOf(sub).length >= GROUPS_PER_USER) {
      throw new AwsError('LimitExceededException', `A user can be in ${GROUPS_PER_USER} groups at most.`);
    }
    setMembers(pool, group, [...group.members, sub], context.now());
  }),
  AdminRemoveUserFromGroup: signed(membership, (context, input) => {
    const { pool, sub, group } = find(context, input);
    const others = group.members.filter((member) => member !== sub);
    setMembers(pool, group, others, context.now());
  }),
  AdminListGroupsForUser: signed({ ...userOfPool, ...paging }, ({ pools }, input) => {
    const pool = pools.get(input.UserPoolId);
    return listGroupPage(pool, pool.groupsOf(getUser(pool, input.Username).sub), input);
  }),
  ListUsersInGroup: signed(
    { UserPoolId: required(poolId), GroupName: required(groupName), ...paging },
    ({ pools }, input) => {
      const pool = pools.get(input.UserPoolId);
      const { members } = getGroup(pool, input.GroupName);
      return listing(
        'Users',
        pool.users().filter(({ sub }) => members.includes(sub)),
        {
          keyOf: (user) => `${user.created} ${user.sub}`,
          describe: (user) => describeUser(user),
          limit: input.Limit,
          token: input.NextToken,
        },
      );
    },
  ),
};
