import type { EdgeConfig } from './config.ts';
import { createHandler } from './handler.ts';
import { createVerify } from './token/verify.ts';

/** Written before the bundle at deploy, by `infra/edge-code.ts`. */
declare const EDGE_CONFIG: EdgeConfig;

const handle = createHandler({
  config: EDGE_CONFIG,
  verify: createVerify(EDGE_CONFIG),
  // biome-ignore lint/suspicious/noConsole: how a Lambda function logs
  log: (line) => console.log(line),
});

/** What Lambda calls; from Node.js 24 on it must not take three parameters. */
export const handler = async (event: unknown) => handle(event);
