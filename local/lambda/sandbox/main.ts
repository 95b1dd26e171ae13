import process from 'node:process';
import type { Failure, Start } from '../messages.ts';
import { createHost, type Operation } from './bridge.ts';
import { FunctionContext } from './context.ts';
import { cryptoOperations } from './crypto-operations.ts';
import { freezeIntrinsics } from './freeze.ts';
import { readLines, writeOut } from './streams.ts';
import { textOperations } from './text-operations.ts';
import { timerOperations } from './timers.ts';

/**
 * The process that runs a function's code. `instance.ts` starts it without files, with an empty environment and Node's
 * permission model. The code runs in a separate context, which exchanges only strings with this realm. This realm has
 * Node's modules, and passes no object to the context. If an engine's defect leaks one, its intrinsics are frozen, and it
 * cannot compile text to code (`--disallow-code-generation-from-strings`).
 */
const OUTPUT = 1;
const MESSAGES = 3;

const exit = process.exit.bind(process);

/** Sends a message on one line. Line breaks in the text become spaces, so the function cannot forge a message. */
function send(kind: string, text: string): string {
  writeOut(MESSAGES, `${kind} ${text.replaceAll('\n', ' ')}\n`);
  return '';
}

function end(failure: Failure): never {
  send('fatal', JSON.stringify(failure));
  return exit(1);
}

const unforeseen = (): never =>
  end({ type: 'failed', errorType: 'Runtime.Unknown', message: 'The code failed outside of its handler.' });

const processOperations: Readonly<Record<string, Operation>> = {
  out: (text) => {
    writeOut(OUTPUT, text);
    return '';
  },
  ready: () => send('ready', ''),
  returned: (result) => send('returned', result),
  failed: (failure) => send('failed', failure),
  request: (request) => send('request', request),
  fatal: (failure) => {
    send('fatal', failure);
    return exit(1);
  },
  exit: (code) => exit(Number(code)),
  hrtime: () => String(process.hrtime.bigint()),
};

const context = new FunctionContext(
  createHost({
    ...processOperations,
    ...cryptoOperations,
    ...textOperations,
    ...timerOperations((id) => guest.fire(id)),
  }),
);
const { guest } = context;
freezeIntrinsics(context.intrinsics);

// Neither handler inspects the thrown value: it belongs to the function's realm.
process.on('uncaughtException', unforeseen);
process.on('unhandledRejection', (reason) => {
  try {
    guest.rejected(reason);
  } catch {
    // Reading the reason's members threw.
    unforeseen();
  }
});

function start({ code, ...rest }: Start): void {
  guest.begin(JSON.stringify(rest));
  let compiled: (...args: unknown[]) => unknown;
  try {
    compiled = context.compile(code);
  } catch (error) {
    const { name, message } = error as Error;
    end({ type: 'failed', errorType: 'Runtime.UserCodeSyntaxError', message: `${name}: ${message}` });
  }
  guest.load(compiled);
}

function take(line: string): void {
  const at = line.indexOf(' ');
  const [kind, text] = [line.slice(0, at), line.slice(at + 1)];
  switch (kind) {
    case 'start':
      start(JSON.parse(text) as Start);
      break;
    case 'invoke': {
      const [id = '', deadline = ''] = text.split(' ', 2);
      guest.invoke(id, Number(deadline), text.slice(id.length + deadline.length + 2));
      break;
    }
    case 'reply':
      guest.answered(text);
  }
}

send('booted', '');
readLines(take, () => exit(1));
