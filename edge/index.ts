import type { BakedConfig, EdgePage } from './config.ts';
import { createHandler } from './handler.ts';
import { configOf } from './issuers.ts';
import { createPage } from './page.ts';
import { createVerify } from './token/verify.ts';

/* Defined in front of the bundle at deploy: see `infra/edge-code.ts`. */
declare const EDGE_CONFIG: BakedConfig;
declare const EDGE_PAGE: EdgePage | undefined;

// Refusals are thrown. Nobody reads their stack traces, which take longer to collect than a refusal takes.
Error.stackTraceLimit = 0;

const config = configOf(EDGE_CONFIG);
const handler = createHandler({
  config,
  verify: createVerify(config),
  ...(EDGE_PAGE && { page: createPage(EDGE_PAGE, config) }),
  // biome-ignore lint/suspicious/noConsole: how a Lambda function logs
  log: (line) => console.log(line),
});

// The Lambda handler. Since Node.js 24, Lambda rejects handlers that take a callback as third parameter.
module.exports = { handler };
