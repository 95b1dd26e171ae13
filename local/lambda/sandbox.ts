import process from 'node:process';
import type { InvokeEvent, Start } from './messages.ts';
import { openChannel } from './sandbox/channel.ts';
import { createConsole } from './sandbox/console.ts';
import { createFetch } from './sandbox/fetch.ts';
import { type Handler, loadHandler } from './sandbox/handler.ts';
import { httpModule } from './sandbox/http.ts';
import { createLoad, type Load } from './sandbox/modules.ts';
import { createNetwork } from './sandbox/network.ts';
import { writeOutput } from './sandbox/output.ts';
import { createProcess } from './sandbox/process.ts';
import { failure, run } from './sandbox/run.ts';
import { sealProcess } from './sandbox/seal.ts';

/**
 * The process that runs a function's code: started by `instance.ts` with an empty environment and under Node's
 * permission model, so without files, child processes, workers or native code. It takes one `start`, then events.
 */
let started: { readonly handler: Handler; readonly start: Start } | undefined;
let requestId = '';

const channel = openChannel((message) => {
  if (message.type === 'start') initialise(message);
  else if (message.type === 'invoke') void invoke(message);
  else network.settle(message);
});
const network = createNetwork((request) => channel.send(request));

process.on('uncaughtException', (error) => channel.end({ ...failure(error), fatal: true }));
process.on('unhandledRejection', (reason) => {
  channel.end({ ...failure(reason), errorType: 'Runtime.UnhandledPromiseRejection', fatal: true });
});

function initialise(start: Start): void {
  sealProcess();
  const load = installGlobals(start);
  try {
    started = { handler: loadHandler(start, load), start };
    channel.send({ type: 'ready' });
  } catch (error) {
    channel.end({ ...failure(error), fatal: true });
  }
}

/** Replaces the globals that reach out of the process by the function's own, and gives the modules it may load. */
function installGlobals({ environment }: Start): Load {
  const console = createConsole({ write: writeOutput, requestId: () => requestId, environment });
  const facade = createProcess({
    environment,
    write: writeOutput,
    exit: channel.exit,
    builtin: (name) => load(name),
  });
  const load = createLoad({
    console,
    http: httpModule('http:', network.ask),
    https: httpModule('https:', network.ask),
    process: facade,
  });
  const globals = { console, fetch: createFetch(network.ask), process: facade };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return load;
}

async function invoke(message: InvokeEvent): Promise<void> {
  if (started === undefined) return;
  requestId = message.requestId;
  channel.send(await run(started.handler, started.start, message));
}
