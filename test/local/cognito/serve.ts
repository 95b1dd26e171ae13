import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Identities } from '../../../local/auth/identities.ts';
import { createCognito } from '../../../local/cognito/service.ts';
import { nodeListener } from '../../../local/wire/node-http.ts';

/** The service as a separate process, for tests that kill it. Takes its folder as an argument, and reports its port. */
const [, , dataDir = ''] = process.argv;
const { handle } = createCognito({
  dataDir,
  now: () => new Date(),
  identities: new Identities({ wellKnownKeys: true }),
});
const server = createServer(
  nodeListener(handle, (error) => {
    throw error;
  }),
);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
