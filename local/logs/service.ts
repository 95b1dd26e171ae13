import { join } from 'node:path';
import { REGION } from '../account.ts';
import type { Identities } from '../auth/identities.ts';
import { authenticatedText } from '../auth/sigv4.ts';
import { type Permissions, refuseDenied, unrestricted } from '../iam/permissions.ts';
import type { ResourceHandler } from '../resource.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpHandler } from '../wire/http.ts';
import { failure, readBody, success, targetOf } from '../wire/json-protocol.ts';
import { logGroupResource } from './log-group-resource.ts';
import { OPERATIONS } from './operations.ts';
import { LogStore } from './store.ts';

interface LogsOptions {
  readonly dataDir: string;
  readonly identities: Identities;
  readonly now: () => Date;
  readonly permissions?: Permissions;
}

export interface Logs {
  readonly handle: HttpHandler;
  readonly resources: readonly ResourceHandler[];
  /** Adds an event to a stream of a group; both come to be with their first. */
  write(group: string, stream: string, message: string): void;
  close(): void;
}

/**
 * CloudWatch Logs, as far as reading and removing what edge functions wrote. There is one edge here, in us-east-1: in
 * every other region there is no group.
 */
export function createLogs({ dataDir, identities, now, permissions = unrestricted }: LogsOptions): Logs {
  const home = new LogStore(join(dataDir, REGION), now);
  const elsewhere = new LogStore(join(dataDir, 'elsewhere'), now);
  return {
    resources: [logGroupResource(home)],
    write: (group, stream, message) => home.append(group, stream, message),
    close: () => home.close(),
    async handle(request) {
      try {
        const { principal, text, region } = await authenticatedText(request, {
          service: 'logs',
          identities,
          now: now(),
          anyRegion: true,
        });
        if (principal.kind !== 'account') {
          throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
        }
        const name = targetOf(request.headers, 'Logs_20140328');
        const operation = name === undefined ? undefined : OPERATIONS.get(name);
        if (operation === undefined) {
          const what = name ?? 'A request without an operation';
          throw new AwsError('UnknownOperationException', `${what} is not available in the embedded cloud.`);
        }
        refuseDenied(permissions, `logs:${name}`, 'AccessDeniedException');
        return success(operation(region === REGION ? home : elsewhere, readBody(text)));
      } catch (error) {
        if (error instanceof AwsError) return failure(error);
        throw error;
      }
    },
  };
}
