import { REGION } from '../account.ts';
import type { Identities } from '../auth/identities.ts';
import { authenticatedText } from '../auth/sigv4.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpHandler } from '../wire/http.ts';
import { failure, readBody, success, targetOf } from '../wire/json-protocol.ts';
import { LogGroups } from './groups.ts';
import { OPERATIONS } from './operations.ts';

interface LogsOptions {
  /** Where Lambda keeps what functions wrote. */
  readonly logsDir: string;
  readonly identities: Identities;
  readonly now: () => Date;
}

/**
 * CloudWatch Logs, as far as reading and removing what edge functions wrote. There is one edge here, in us-east-1: in
 * every other region there is no group.
 */
export function createLogs({ logsDir, identities, now }: LogsOptions): { handle: HttpHandler } {
  const home = new LogGroups(logsDir);
  const elsewhere = new LogGroups('');
  return {
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
        return success(operation(region === REGION ? home : elsewhere, readBody(text)));
      } catch (error) {
        if (error instanceof AwsError) return failure(error);
        throw error;
      }
    },
  };
}
