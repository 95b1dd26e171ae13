import { join } from 'node:path';
import { REGION } from '../account.ts';
import { neverThrottled } from '../faults/throttling.ts';
import { unrestricted } from '../iam/permissions.ts';
import type { Service, ServiceOptions } from '../service.ts';
import { requestDoor } from '../wire/door.ts';
import { jsonProtocol } from '../wire/json-protocol.ts';
import { logGroupResource } from './log-group-resource.ts';
import { OPERATIONS } from './operations.ts';
import { LogStore } from './store.ts';

export interface Logs extends Service {
  /** Adds events to a stream of a group. The first event creates both. */
  write(group: string, stream: string, ...messages: string[]): void;
  close(): void;
}

/**
 * Creates CloudWatch Logs, to read and delete the logs of edge functions. The only edge location is in us-east-1, so that
 * other regions have no groups.
 */
export function createLogs({
  dataDir,
  identities,
  now,
  permissions = unrestricted,
  throttle = neverThrottled,
}: ServiceOptions): Logs {
  const home = new LogStore(join(dataDir, REGION), now);
  const elsewhere = new LogStore(join(dataDir, 'elsewhere'), now);
  return {
    resources: [logGroupResource(home)],
    write: (group, stream, ...messages) => home.append(group, stream, messages),
    close: () => home.close(),
    handle: requestDoor({
      service: 'logs',
      protocol: jsonProtocol('Logs_20140328'),
      identities,
      now,
      permissions,
      throttle,
      anyRegion: true,
      find(name) {
        const operation = OPERATIONS.get(name);
        return (
          operation && { run: ({ region, input }) => operation(region === REGION ? home : elsewhere, input) }
        );
      },
    }),
  };
}
