import type { BakedConfig, EdgePage } from './config.ts';
import { createHandler } from './handler.ts';
import { createPage } from './page.ts';
import { configOf } from './pool-issuer.ts';
import { createVerify } from './token/verify.ts';

/* Written before the bundle at deploy, by `infra/edge-code.ts`. */
declare const EDGE_CONFIG: BakedConfig;
declare const EDGE_PAGE: EdgePage | undefined;

// A refusal is an ordinary answer: its stack trace is not read, and costs more than the refusal.
Error.stackTraceLimit = 0;

const config = configOf(EDGE_CONFIG);
const handle = createHandler({
  config,
  verify: createVerify(config),
  ...(EDGE_PAGE && { page: createPage(EDGE_PAGE, config) }),
  // biome-ignore lint/suspicious/noConsole: how a Lambda function logs
  log: (line) => console.log(line),
});

// What Lambda calls; from Node.js 24 on it must not take three parameters.
module.exports = { handler: async (event: unknown) => handle(event) };
