import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { HttpHandler } from '../../local/wire/http.ts';
import { nodeListener } from '../../local/wire/node-http.ts';

/**
 * Puts an embedded service on a loopback port until the test ends, and gives its endpoint. A defect of the service fails the
 * test.
 */
export async function serve(t: Pick<TestContext, 'after'>, handle: HttpHandler): Promise<string> {
  const defects: unknown[] = [];
  // A client that is busy for seconds would else reuse a connection while the server closes it.
  const server = createServer(
    { keepAliveTimeout: 600_000 },
    nodeListener(handle, (error) => defects.push(error)),
  );
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    if (defects.length > 0) throw defects[0];
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An SDK client's options for the embedded account; it does not try again by itself. */
export function clientOptions(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
}
