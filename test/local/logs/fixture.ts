import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { Identities } from '../../../local/auth/identities.ts';
import { createLogs } from '../../../local/logs/service.ts';
import { nodeListener } from '../../../local/wire/node-http.ts';

export const GROUP = '/aws/lambda/us-east-1.guard';
export const STREAM = '2026/11/23/[1]0123456789abcdef0123456789abcdef';

/** The service behind a real socket, with a clock that the test sets; signatures are checked by it, too. */
export async function setUp(t: Pick<TestContext, 'after'>) {
  const dataDir = mkdtempSync(join(tmpdir(), 'logs-'));
  const identities = new Identities();
  const clock: { at?: number } = {};
  const now = () => new Date(clock.at ?? Date.now());
  const open = () => createLogs({ dataDir, identities, now });
  let service = open();
  const defects: unknown[] = [];
  const server = createServer(
    nodeListener(
      (request) => service.handle(request),
      (error) => defects.push(error),
    ),
  );
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: CloudWatchLogs[] = [];
  t.after(async () => {
    for (const one of clients) one.destroy();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    rmSync(dataDir, { recursive: true });
    if (defects.length > 0) throw defects[0];
  });
  return {
    dataDir,
    endpoint,
    client(region = 'us-east-1', secretAccessKey = 'test') {
      const credentials = { accessKeyId: 'test', secretAccessKey };
      const sdk = new CloudWatchLogs({ endpoint, region, credentials, maxAttempts: 1 });
      clients.push(sdk);
      return sdk;
    },
    /** A process more over the same folder. */
    reopen: () => {
      service = open();
    },
    /** Writes a message a second, each a second after the one before; gives the time of the first. */
    write(messages: readonly string[], { group = GROUP, stream = STREAM } = {}): number {
      const begun = Math.floor(Date.now() / 1000) * 1000 - 60_000;
      for (const [at, message] of messages.entries()) {
        clock.at = begun + at * 1000;
        service.write(group, stream, message);
      }
      delete clock.at;
      return begun;
    },
  };
}

/** The SDK's error by AWS's name and words. */
export const refusal = (name: string, message?: string | RegExp) =>
  message === undefined ? { name } : { name, message };
