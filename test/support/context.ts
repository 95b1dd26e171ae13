import { setMaxListeners } from 'node:events';
import { PassThrough } from 'node:stream';
import { InUse } from '../../cli/command-line.ts';
import type { Context } from '../../cli/context.ts';
import { createSentCredentials } from '../../cli/sent-credentials.ts';
import { type FlatEvent, flatEvents } from './flat.ts';

export interface TestContext extends Context {
  readonly events: FlatEvent[];
  readonly abort: AbortController;
}

/** Returns a context that records events instead of showing them, and whose prompts fail. */
export function testContext(over: Partial<Context> = {}): TestContext {
  const abort = new AbortController();
  // Every running request listens to it.
  setMaxListeners(0, abort.signal);
  const events: FlatEvent[] = [];
  const inUse = over.inUse ?? new InUse();
  const sent = over.sent ?? createSentCredentials();
  const never = () => Promise.reject(new Error('nobody is to be asked'));
  return {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: {},
    platform: process.platform,
    cwd: '/',
    home: '/dev/null/home',
    execPath: process.execPath,
    now: () => new Date(),
    options: { json: false, quiet: false, debug: false, color: false },
    signal: abort.signal,
    ui: {
      event: (event) => void events.push(...sent.removedFrom(flatEvents(event, inUse))),
      interactive: false,
      ask: never,
      confirm: never,
      close() {},
    },
    sent,
    events,
    abort,
    inUse,
    ...over,
  };
}

/** Returns the JSON rows among the events. */
export function rows(events: readonly FlatEvent[]): Record<string, unknown>[] {
  return events.flatMap((event) => (event.type === 'row' ? [event.document as Record<string, unknown>] : []));
}
