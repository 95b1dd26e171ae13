import type { TestContext } from 'node:test';
import { operatorClients } from '../../../cli/network/aws.ts';
import { createSentCredentials } from '../../../cli/sent-credentials.ts';
import type { StackWork } from '../../../cli/stack/find-stack.ts';
import { startS3 } from '../../local/s3/support.ts';
import { testContext } from '../../support/context.ts';

export { BUCKET } from '../../local/s3/support.ts';

/** Returns the context of a stack with an embedded S3, and the events of its screen. */
export async function workOnS3(t: TestContext) {
  const s3 = await startS3(t);
  const env = { AWS_ENDPOINT_URL: s3.endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
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
