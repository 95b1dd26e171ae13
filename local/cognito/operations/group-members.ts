import { AwsError } from '../../wire/errors.ts';
import { groupName, pageToken, poolId, userOfPool } from '../fields.ts';
import { operation } from '../operation.ts';
import { paginate } from '../page.ts';
import { integer, optional, required, structure } from '../shape.ts';
import type { Pool } from '../store/pool.ts';
import { describeUser, getUser } from '../users.ts';
import { describeGroup, getGroup } from './groups.ts';

/** https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html */
const GROUPS_PER_USER = 100;

const membership = structure({ ...userOfPool, GroupName: required(groupName) });

function setMembers(pool: Pool, name: string, members: readonly string[], now: Date): void {
  pool.groups = pool.groups.map((group) =>
    group.name === name ? { ...group, members, modified: now.toISOString() } : group,
  );
}

export const adminAddUserToGroup = operation(
  'AdminAddUserToGroup',
  'signed',
  membership,
  (context, input) => {
    const pool = context.pools.get(input.UserPoolId);
    const { sub } = getUser(pool, input.Username);
    const { name, members } = getGroup(pool, input.GroupName);
    if (members.includes(sub)) return {};
    if (pool.groupsOf(sub).length >= GROUPS_PER_USER) {
      throw new AwsError('LimitExceededException', `A user can be in ${GROUPS_PER_USER} groups at most.`);
    }
    setMembers(pool, name, [...members, sub], context.now());
    return {};
  },
);

export const adminRemoveUserFromGroup = operation(
  'AdminRemoveUserFromGroup',
  'signed',
  membership,
  (context, input) => {
    const pool = context.pools.get(input.UserPoolId);
    const { sub } = getUser(pool, input.Username);
    const { name, members } = getGroup(pool, input.GroupName);
    setMembers(
      pool,
      name,
      members.filter((member) => member !== sub),
      context.now(),
    );
    return {};
  },
);

const paging = { Limit: optional(integer({ min: 0, max: 60 })), NextToken: optional(pageToken) };

export const adminListGroupsForUser = operation(
  'AdminListGroupsForUser',
  'signed',
  structure({ ...userOfPool, ...paging }),
  ({ pools }, input) => {
    const pool = pools.get(input.UserPoolId);
    const groups = pool.groupsOf(getUser(pool, input.Username).sub);
    const { items, next } = paginate(groups, {
      keyOf: ({ name }) => name,
      limit: input.Limit,
      token: input.NextToken,
    });
    return {
      Groups: items.map((group) => describeGroup(pool, group)),
      ...(next === undefined ? {} : { NextToken: next }),
    };
  },
);

export const listUsersInGroup = operation(
  'ListUsersInGroup',
  'signed',
  structure({ UserPoolId: required(poolId), GroupName: required(groupName), ...paging }),
  ({ pools }, input) => {
    const pool = pools.get(input.UserPoolId);
    const { members } = getGroup(pool, input.GroupName);
    const users = pool.users().filter(({ sub }) => members.includes(sub));
    const { items, next } = paginate(users, {
      keyOf: (user) => `${user.created} ${user.sub}`,
      limit: input.Limit,
      token: input.NextToken,
    });
    return {
      Users: items.map((user) => describeUser(user)),
      ...(next === undefined ? {} : { NextToken: next }),
    };
  },
);
