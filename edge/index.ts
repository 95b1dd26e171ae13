import type { EdgeConfig } from './config.ts';
import { createHandler } from './handler.ts';
import { createVerify } from './token/verify.ts';

/** Written before the bundle at deploy, by `infra/edge-code.ts`. */
declare const EDGE_CONFIG: EdgeConfig;

// A refusal is an ordinary answer: its stack trace is not read, and costs more than the refusal.
Error.stackTraceLimit = 0;

const handle = createHandler({
  config: EDGE_CONFIG,
  verify: createVerify(EDGE_CONFIG),
  // biome-ignore lint/suspicious/noConsole: how a Lambda function logs
  log: (line) => console.log(line),
});

// What Lambda calls; from Node.js 24 on it must not take three parameters.
module.exports = { handler: async (event: unknown) => handle(event) };
