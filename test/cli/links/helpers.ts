import { type IncomingMessage, request } from 'node:http';
import type { TestContext } from 'node:test';
import { operatorClients } from '../../../cli/network/aws.ts';
import { createSentCredentials } from '../../../cli/sent-credentials.ts';
import type { StackWork } from '../../../cli/stack/find-stack.ts';
import { startS3 } from '../../local/s3/support.ts';
import { testContext } from '../../support/context.ts';
import { listen } from '../../support/serve.ts';

export { BUCKET } from '../../local/s3/support.ts';

/** Serves a proxy of an endpoint. It drops the responses to some requests, which the endpoint has received. */
async function dropping(
  t: TestContext,
  endpoint: string,
  isDropped: (request: IncomingMessage) => boolean,
): Promise<string> {
  return listen(t, (incoming, outgoing) => {
    const { method, headers } = incoming;
    const forwarded = request(`${endpoint}${incoming.url}`, { method, headers }, (response) => {
      if (isDropped(incoming)) outgoing.destroy();
      else response.pipe(outgoing.writeHead(response.statusCode ?? 500, response.headers));
    });
    incoming.pipe(forwarded);
  });
}

/**
 * Returns the context of a stack with an embedded S3, and the events of its screen.
 * @param isDropped whether the response to a request is lost
 */
export async function workOnS3(
  t: TestContext,
  isDropped: (request: IncomingMessage) => boolean = () => false,
) {
  const s3 = await startS3(t);
  const endpoint = await dropping(t, s3.endpoint, isDropped);
  const env = { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const context = testContext({ env });
  const { signal } = context;
  const clients = await operatorClients(
    { env, sent: createSentCredentials(), home: '/', execPath: process.execPath },
    { signal },
  );
  t.after(() => clients.close());
  const work: StackWork = { context, clients, stackName: 'edge-upload' };
  return { work, s3, context };
}
