import type { InvokeEvent, Outcome, Start } from '../messages.ts';
import { call, type Host, openBridge } from './bridge.ts';
import { AbortController, AbortSignal, DOMException, Event, EventTarget } from './globals/abort.ts';
import { createConsole } from './globals/console.ts';
import { fetch, Request, Response } from './globals/fetch.ts';
import { Headers } from './globals/headers.ts';
import { createProcess } from './globals/process.ts';
import { atob, btoa, TextDecoder, TextEncoder } from './globals/text.ts';
import * as timers from './globals/timers.ts';
import { URL, URLSearchParams } from './globals/url.ts';
import { type Code, type Handler, loadHandler } from './handler.ts';
import { Buffer } from './modules/buffer.ts';
import { createLoad, type Load, namespaceOf } from './modules.ts';
import { settleRequest } from './network.ts';
import { failure, run } from './run.ts';

/**
 * The outer realm's interface to a function's context: functions that take strings and return nothing. The realms share
 * no other objects, except functions and values of this realm that the outer one passes back without using them.
 */
export interface Guest {
  /** Opens the context for one function. */
  begin(start: string): void;
  /** Runs `index.js`. */
  load(code: Code): void;
  invoke(requestId: string, deadline: number, event: string): void;
  /** Fires a timer. */
  fire(id: number): void;
  /** Passes the response to a request. */
  answered(reply: string): void;
  /** Reports an unhandled promise rejection. */
  rejected(reason: unknown): void;
  /** Returns the exports for `import()`. @throws as `require` does */
  importing(name: string): Readonly<Record<string, unknown>>;
  /** Creates an error of this realm. */
  error(message: string): Error;
}

let started: { readonly start: Start; readonly load: Load; handler?: Handler } | undefined;
let requestId = '';

function end(outcome: Outcome): void {
  if (outcome.type === 'returned') call('returned', outcome.result);
  else call('failed', JSON.stringify(outcome));
}

function fatal(error: unknown, errorType?: string): void {
  const said = failure(error);
  call('fatal', JSON.stringify({ ...said, ...(errorType === undefined ? {} : { errorType }) }));
}

/** Ends the process with an error that the function threw outside of its handler. */
function guarded<A extends unknown[]>(act: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      act(...args);
    } catch (error) {
      fatal(error);
    }
  };
}

const write = (text: string) => void call('out', text);

function begin(text: string): void {
  const { facts, constants, ...start } = JSON.parse(text) as Omit<Start, 'code'>;
  const { environment } = start;
  const console = createConsole({ write, requestId: () => requestId, environment });
  const process = createProcess({ facts, environment, write, builtin: (name) => load(name) });
  const load = createLoad(constants, { console, process });
  define({ console, process });
  started = { start: { ...start, facts, constants, code: '' }, load };
}

function define(globals: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

const performance = {
  timeOrigin: Date.now(),
  now: () => Number(call('hrtime')) / 1e6,
  mark: () => undefined,
  measure: () => undefined,
};

function queueMicrotask(callback: () => void): void {
  void Promise.resolve().then(guarded(callback));
}

/** Called once by the outer realm before the function's code runs. */
export function open(host: Host): Guest {
  openBridge(host);
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = timers;
  define({ global: globalThis, Buffer, URL, URLSearchParams, TextEncoder, TextDecoder, atob, btoa });
  define({ AbortController, AbortSignal, DOMException, Event, EventTarget, queueMicrotask });
  define({ fetch, Headers, Request, Response, performance });
  define({ setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate });
  // Compiled code has its own memory outside the bounded heap.
  Reflect.deleteProperty(globalThis, 'WebAssembly');
  return {
    begin,
    load: guarded((code) => {
      if (started === undefined) return;
      started.handler = loadHandler(started.start, code, started.load);
      call('ready');
    }),
    invoke: (id, deadline, event) => {
      requestId = id;
      const message: InvokeEvent = { requestId: id, event, deadline };
      if (started?.handler !== undefined) void run(started.handler, started.start, message).then(end);
    },
    fire: guarded(timers.fireTimer),
    answered: guarded(settleRequest),
    rejected: (reason) => fatal(reason, 'Runtime.UnhandledPromiseRejection'),
    error: (message) => new Error(message),
    importing: (name) => {
      if (started === undefined) throw new Error('not started');
      return namespaceOf(started.load(name));
    },
  };
}
