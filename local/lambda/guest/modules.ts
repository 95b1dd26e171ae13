import * as events from 'node:events';
import * as stream from 'node:stream';
import { refusal } from './bridge.ts';
import {
  clearImmediate,
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
} from './globals/timers.ts';
import { URL, URLSearchParams } from './globals/url.ts';
import * as buffer from './modules/buffer.ts';
import { crypto } from './modules/crypto.ts';
import { httpModule } from './modules/http.ts';
import { util } from './modules/util.ts';
import { zlib } from './modules/zlib.ts';

/** Returns a module by name, with or without `node:`. Throws for modules that are not available to functions. */
export type Load = (name: string) => unknown;

export interface Constants {
  readonly statusCodes: Readonly<Record<string, string>>;
  /** Names of Node's own modules. */
  readonly builtinModules: readonly string[];
}

/** The built-in modules available to functions: what those need that verify tokens. All are created in this realm. */
function modules({ statusCodes }: Constants): Readonly<Record<string, unknown>> {
  const streams = (stream as { default?: unknown }).default ?? stream;
  const emitter = (events as { default?: unknown }).default ?? events;
  return {
    buffer: { ...buffer, default: undefined, atob: globalThis.atob, btoa: globalThis.btoa },
    crypto,
    events: emitter,
    http: httpModule('http:', statusCodes),
    https: httpModule('https:', statusCodes),
    stream: streams,
    timers: { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout },
    url: { URL, URLSearchParams },
    util,
    zlib,
  };
}

/** Creates the lookup for `require`, `import()` and `process.getBuiltinModule`. `own`: modules created elsewhere. */
export function createLoad(constants: Constants, own: Readonly<Record<string, unknown>>): Load {
  const known = { ...modules(constants), ...own };
  const builtin = new Set(constants.builtinModules.map(bareName));
  return (name) => {
    const bare = bareName(String(name));
    if (Object.hasOwn(known, bare)) return known[bare as keyof typeof known];
    if (builtin.has(bare)) throw refusal(`the module '${bare}'`);
    throw Object.assign(new Error(`Cannot find module '${name}'\nRequire stack:\n- /var/task/index.js`), {
      code: 'MODULE_NOT_FOUND',
    });
  };
}

function bareName(name: string): string {
  return name.startsWith('node:') ? name.slice('node:'.length) : name;
}

/** Returns the exports that `import()` sees in a module. */
export function namespaceOf(found: unknown): Readonly<Record<string, unknown>> {
  const members = Object.entries(Object(found) as object).filter(([key]) => key !== 'default');
  return Object.assign(Object.create(null), { default: found }, Object.fromEntries(members));
}
