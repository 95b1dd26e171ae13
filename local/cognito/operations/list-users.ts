import { integer, list, text } from '../../shape.ts';
import { invalidParameter } from '../errors.ts';
import { attributeName, page } from '../fields.ts';
import { onPool } from '../operation.ts';
import type { UserRecord } from '../store/model.ts';
import { describeUser } from '../users.ts';

/** Attributes of filters, https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html */
const SEARCHABLE: Readonly<Record<string, (user: UserRecord) => string | undefined>> = {
  username: (user) => user.username,
  email: (user) => user.attributes.email,
  phone_number: (user) => user.attributes.phone_number,
  name: (user) => user.attributes.name,
  given_name: (user) => user.attributes.given_name,
  family_name: (user) => user.attributes.family_name,
  preferred_username: (user) => user.attributes.preferred_username,
  'cognito:user_status': (user) => user.status,
  status: (user) => (user.enabled ? 'Enabled' : 'Disabled'),
  sub: (user) => user.sub,
};

const FILTER = /^\s*"?([\w:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$/;

/**
 * Parses a filter such as `email ^= "ann"`. The empty filter matches every user.
 *
 * @throws AwsError `InvalidParameterException`
 */
function readFilter(filter: string): (user: UserRecord) => boolean {
  if (filter.trim() === '') return () => true;
  const [, name = '', comparison, quoted = ''] = FILTER.exec(filter) ?? [];
  const read = Object.hasOwn(SEARCHABLE, name) ? SEARCHABLE[name] : undefined;
  if (!read) throw invalidParameter('Invalid search attribute or filter.');
  const wanted = quoted.replace(/\\(.)/g, '$1');
  return comparison === '^='
    ? (user) => read(user)?.startsWith(wanted) ?? false
    : (user) => read(user) === wanted;
}

export const listUsers = {
  ListUsers: onPool(
    {
      AttributesToGet: list(attributeName),
      Limit: integer({ min: 0, max: 60 }),
      PaginationToken: text({ min: 1, pattern: /[\S]+/ }),
      Filter: text({ max: 256 }),
    },
    ({ pool }, input) => {
      for (const name of input.AttributesToGet ?? []) {
        if (!pool.schema.some((attribute) => attribute.name === name)) {
          throw invalidParameter(`One or more requested attributes do not exist in user pool: ${name}`);
        }
      }
      const only = input.AttributesToGet;
      const users = pool.users().filter(readFilter(input.Filter ?? ''));
      const { items, next } = page(users, {
        keyOf: (user) => `${user.created} ${user.sub}`,
        limit: input.Limit,
        token: input.PaginationToken,
      });
      return {
        Users: items.map((user) => describeUser(user, only && ((name) => only.includes(name)))),
        PaginationToken: next,
      };
    },
  ),
};
