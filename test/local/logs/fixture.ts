import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { Identities } from '../../../local/auth/identities.ts';
import { createLogs } from '../../../local/logs/service.ts';
import { clientOptions, serve } from '../../support/serve.ts';

export const GROUP = '/aws/lambda/us-east-1.guard';
export const STREAM = '2026/11/23/[1]0123456789abcdef0123456789abcdef';

/** Opens the service on a real socket. The test sets its clock, which signatures are checked with too. */
export async function setUp(t: Pick<TestContext, 'after'>) {
  const dataDir = mkdtempSync(join(tmpdir(), 'logs-'));
  const identities = new Identities({ wellKnownKeys: true });
  const clock: { at?: number } = {};
  const now = () => new Date(clock.at ?? Date.now());
  const open = () => createLogs({ dataDir, identities, now });
  let service = open();
  const endpoint = await serve(t, (request) => service.handle(request));
  const clients: CloudWatchLogs[] = [];
  t.after(() => {
    for (const one of clients) one.destroy();
    service.close();
    rmSync(dataDir, { recursive: true });
  });
  return {
    dataDir,
    endpoint,
    /** Returns the handler of log groups in templates. */
    groups() {
      const [handler] = service.resources;
      if (handler === undefined) throw new Error('no handler');
      return handler;
    },
    client(region = 'us-east-1', secretAccessKey = 'test') {
      const credentials = { accessKeyId: 'test', secretAccessKey };
      const sdk = new CloudWatchLogs({ ...clientOptions(endpoint), region, credentials });
      clients.push(sdk);
      return sdk;
    },
    /** Opens the folder again, like a new process. */
    reopen: () => {
      service.close();
      service = open();
    },
    /** Writes messages one second apart, the first `ago` milliseconds ago. Returns the time of the first. */
    write(messages: readonly string[], { group = GROUP, stream = STREAM, ago = 60_000 } = {}): number {
      const begun = Math.floor(Date.now() / 1000) * 1000 - ago;
      for (const [at, message] of messages.entries()) {
        clock.at = begun + at * 1000;
        service.write(group, stream, message);
      }
      delete clock.at;
      return begun;
    },
  };
}

/** Matches the SDK's error by its name and message. */
export const refusal = (name: string, message?: string | RegExp) =>
  message === undefined ? { name } : { name, message };
