import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Identities } from '../../../local/auth/identities.ts';
import { createS3 } from '../../../local/s3/service.ts';
import { nodeListener } from '../../../local/wire/node-http.ts';

/** The embedded S3 as a process that a test can kill. Prints its port on stdout. */
const [, , dataDir = ''] = process.argv;
const { handle } = createS3({
  dataDir,
  now: () => new Date(),
  identities: new Identities({ wellKnownKeys: true }),
});
const server = createServer(nodeListener(handle, (error) => process.stderr.write(`${String(error)}\n`)));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
