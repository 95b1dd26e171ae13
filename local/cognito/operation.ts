import { type Fields, list, type Output, required, structure } from '../shape.ts';
import { type Operation, operationsOf } from '../wire/operations.ts';
import { type Bearer, bearerOf } from './auth/tokens.ts';
import { attributes, long, longStrings, poolId, token, username } from './fields.ts';
import type { Outbox } from './messages.ts';
import type { UserRecord } from './store/model.ts';
import type { UserPool } from './store/pool.ts';
import type { Pools } from './store/pools.ts';
import { getUser } from './users.ts';

/** Dependencies of every operation. */
export interface Context {
  readonly pools: Pools;
  readonly outbox: Outbox;
  readonly now: () => Date;
}

type Run<Found, F extends Fields> = Operation<Context & Found, Output<F>, object>['run'];

/** Members that only Lambda triggers, threat protection and analytics read. No pool here has them. */
const unread = {
  AnalyticsMetadata: structure({ AnalyticsEndpointId: long }),
  ClientMetadata: longStrings,
  ContextData: structure({
    IpAddress: required(long),
    ServerName: required(long),
    ServerPath: required(long),
    HttpHeaders: required(list(structure({ headerName: long, headerValue: long }))),
    EncodedData: long,
  }),
  UserContextData: structure({ IpAddress: long, EncodedData: long }),
  ValidationData: attributes,
};

const reading = { format: 'json', unread } as const;

/** Creates an operation that needs a signature by AWS credentials. */
export const signed = operationsOf<Context, object>(reading);

/** Creates an operation that everybody can call. */
export const open = operationsOf<Context, object>({ ...reading, access: 'public' });

const poolFields = { UserPoolId: required(poolId) };
const userFields = { ...poolFields, Username: required(username) };
const ownFields = { AccessToken: required(token) };

/** Creates an administrator's operation on a pool. */
export function onPool<F extends Fields>(fields: F, run: Run<{ readonly pool: UserPool }, F>) {
  return signed({ ...fields, ...poolFields }, (context, given, call) => {
    const input = given as Output<F> & Output<typeof poolFields>;
    return run({ ...context, pool: context.pools.get(input.UserPoolId) }, input, call);
  });
}

/** Creates an administrator's operation on a user. */
export function onUser<F extends Fields>(
  fields: F,
  run: Run<{ readonly pool: UserPool; readonly user: UserRecord }, F>,
) {
  return signed({ ...fields, ...userFields }, (context, given, call) => {
    const input = given as Output<F> & Output<typeof userFields>;
    const pool = context.pools.get(input.UserPoolId);
    return run({ ...context, pool, user: getUser(pool, input.Username) }, input, call);
  });
}

/** Creates an operation that users call for themselves, with their access token. */
export function asUser<F extends Fields>(fields: F, run: Run<Bearer, F>) {
  return open({ ...fields, ...ownFields }, (context, given, call) => {
    const input = given as Output<F> & Output<typeof ownFields>;
    return run({ ...context, ...bearerOf(context.pools, input.AccessToken, context.now()) }, input, call);
  });
}
