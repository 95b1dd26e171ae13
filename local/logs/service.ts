import { join } from 'node:path';
import { REGION } from '../account.ts';
import type { Service, ServiceOptions } from '../service.ts';
import { requestDoor } from '../wire/door.ts';
import { jsonProtocol } from '../wire/json-protocol.ts';
import { eventOperations } from './events.ts';
import { logGroupResource } from './log-group-resource.ts';
import { groupOperations } from './operations.ts';
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
export function createLogs(options: ServiceOptions): Logs {
  const { dataDir, now } = options;
  const home = new LogStore(join(dataDir, REGION), now);
  const elsewhere = new LogStore(join(dataDir, 'elsewhere'), now);
  return {
    resources: [logGroupResource(home)],
    write: (group, stream, ...messages) => home.append(group, stream, messages),
    close: () => home.close(),
    handle: requestDoor({
      ...options,
      service: 'logs',
      protocol: jsonProtocol('Logs_20140328'),
      anyRegion: true,
      operations: { ...groupOperations, ...eventOperations },
      context: (region) => (region === REGION ? home : elsewhere),
    }),
  };
}
