import { createServer, type RequestListener, type Server } from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { HttpHandler } from '../../local/wire/http.ts';
import { nodeListener } from '../../local/wire/node-http.ts';

/** Serves a listener or a server on a loopback port until the test ends. Returns its URL. */
export async function listen(
  t: Pick<TestContext, 'after'>,
  listener: RequestListener | Server,
): Promise<string> {
  // Otherwise a client that is busy for seconds could reuse a connection while the server closes it.
  const server =
    typeof listener === 'function' ? createServer({ keepAliveTimeout: 600_000 }, listener) : listener;
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  const scheme = server instanceof SecureServer ? 'https' : 'http';
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves an embedded service on a loopback port until the test ends. Returns its endpoint. A defect fails the test. */
export async function serve(t: Pick<TestContext, 'after'>, handle: HttpHandler): Promise<string> {
  const defects: unknown[] = [];
  const endpoint = await listen(
    t,
    nodeListener(handle, (error) => defects.push(error)),
  );
  t.after(() => {
    if (defects.length > 0) throw defects[0];
  });
  return endpoint;
}

/** Returns the options of an SDK client for the embedded account. The client does not retry. */
export function clientOptions(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
}
