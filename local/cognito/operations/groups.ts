import { omitUndefined } from '../../../protocol/fields.ts';
import { integer, required, text } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import { resourceNotFound } from '../errors.ts';
import { groupName, listing, paging } from '../fields.ts';
import { onPool, onUser } from '../operation.ts';
import type { GroupRecord } from '../store/model.ts';
import type { UserPool } from '../store/pool.ts';
import { describeUser, epoch } from '../users.ts';

const LARGEST_PRECEDENCE = 2 ** 31 - 1;

const oneGroup = { GroupName: required(groupName) };

function getGroup(pool: UserPool, name: string): GroupRecord {
  const group = pool.groups.find((one) => one.name === name);
  if (!group) throw resourceNotFound('Group not found.');
  return group;
}

const describeGroup = (pool: UserPool, group: GroupRecord): object => ({
  GroupName: group.name,
  UserPoolId: pool.id,
  Description: group.description,
  Precedence: group.precedence,
  LastModifiedDate: epoch(group.modified),
  CreationDate: epoch(group.created),
});

/** Returns one page of groups, sorted by name. */
const listGroupPage = (
  pool: UserPool,
  groups: readonly GroupRecord[],
  { Limit, NextToken }: { readonly Limit: number | undefined; readonly NextToken: string | undefined },
): object =>
  listing('Groups', groups, {
    keyOf: ({ name }) => name,
    describe: (group) => describeGroup(pool, group),
    limit: Limit,
    token: NextToken,
  });

/** https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html */
const GROUPS_PER_USER = 100;

function setMembers(pool: UserPool, { name }: GroupRecord, members: readonly string[], now: Date): void {
  pool.groups = pool.groups.map((group) =>
    group.name === name ? { ...group, members, modified: now.toISOString() } : group,
  );
}

export const groups = {
  CreateGroup: onPool(
    {
      ...oneGroup,
      Description: text({ max: 2048 }),
      Precedence: integer({ min: 0, max: LARGEST_PRECEDENCE }),
    },
    ({ pool, now }, input) => {
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
  GetGroup: onPool(oneGroup, ({ pool }, { GroupName }) => ({
    Group: describeGroup(pool, getGroup(pool, GroupName)),
  })),
  DeleteGroup: onPool(oneGroup, ({ pool }, { GroupName }) => {
    const group = getGroup(pool, GroupName);
    pool.groups = pool.groups.filter((one) => one !== group);
  }),
  ListGroups: onPool(paging, ({ pool }, input) => listGroupPage(pool, pool.groups, input)),
  AdminAddUserToGroup: onUser(oneGroup, ({ pool, user: { sub }, now }, { GroupName }) => {
    const group = getGroup(pool, GroupName);
    if (group.members.includes(sub)) return undefined;
    if (pool.groupsOf(sub).length >= GROUPS_PER_USER) {
      throw new AwsError('LimitExceededException', `A user can be in ${GROUPS_PER_USER} groups at most.`);
    }
    setMembers(pool, group, [...group.members, sub], now());
  }),
  AdminRemoveUserFromGroup: onUser(oneGroup, ({ pool, user: { sub }, now }, { GroupName }) => {
    const group = getGroup(pool, GroupName);
    const others = group.members.filter((member) => member !== sub);
    setMembers(pool, group, others, now());
  }),
  AdminListGroupsForUser: onUser(paging, ({ pool, user }, input) =>
    listGroupPage(pool, pool.groupsOf(user.sub), input),
  ),
  ListUsersInGroup: onPool({ ...oneGroup, ...paging }, ({ pool }, input) => {
    const { members } = getGroup(pool, input.GroupName);
    const users = pool.users().filter(({ sub }) => members.includes(sub));
    return listing('Users', users, {
      keyOf: (user) => `${user.created} ${user.sub}`,
      describe: (user) => describeUser(user),
      limit: input.Limit,
      token: input.NextToken,
    });
  }),
};
