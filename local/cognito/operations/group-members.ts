import { type Infer, required, structure } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import { groupName, poolId, userOfPool } from '../fields.ts';
import { type Context, operation } from '../operation.ts';
import { listing, paging } from '../page.ts';
import type { GroupRecord } from '../store/model.ts';
import type { Pool } from '../store/pool.ts';
import { describeUser, getUser } from '../users.ts';
import { getGroup, listGroupPage } from './groups.ts';

/** https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html */
const GROUPS_PER_USER = 100;

const membership = structure({ ...userOfPool, GroupName: required(groupName) });

function find({ pools }: Context, input: Infer<typeof membership>) {
  const pool = pools.get(input.UserPoolId);
  return { pool, sub: getUser(pool, input.Username).sub, group: getGroup(pool, input.GroupName) };
}

function setMembers(pool: Pool, { name }: GroupRecord, members: readonly string[], now: Date): void {
  pool.groups = pool.groups.map((group) =>
    group.name === name ? { ...group, members, modified: now.toISOString() } : group,
  );
}

export const adminAddUserToGroup = operation(
  'AdminAddUserToGroup',
  'signed',
  membership,
  (context, input) => {
    const { pool, sub, group } = find(context, input);
    if (group.members.includes(sub)) return {};
    if (pool.groupsOf(sub).length >= GROUPS_PER_USER) {
      throw new AwsError('LimitExceededException', `A user can be in ${GROUPS_PER_USER} groups at most.`);
    }
    setMembers(pool, group, [...group.members, sub], context.now());
    return {};
  },
);

export const adminRemoveUserFromGroup = operation(
  'AdminRemoveUserFromGroup',
  'signed',
  membership,
  (context, input) => {
    const { pool, sub, group } = find(context, input);
    const others = group.members.filter((member) => member !== sub);
    setMembers(pool, group, others, context.now());
    return {};
  },
);

export const adminListGroupsForUser = operation(
  'AdminListGroupsForUser',
  'signed',
  structure({ ...userOfPool, ...paging }),
  ({ pools }, input) => {
    const pool = pools.get(input.UserPoolId);
    return listGroupPage(pool, pool.groupsOf(getUser(pool, input.Username).sub), input);
  },
);

export const listUsersInGroup = operation(
  'ListUsersInGroup',
  'signed',
  structure({ UserPoolId: required(poolId), GroupName: required(groupName), ...paging }),
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
);
