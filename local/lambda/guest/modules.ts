import * as events from 'node:events';
import * as path from 'node:path';
import * as stream from 'node:stream';
import * as stringDecoder from 'node:string_decoder';
import { callJson, refusal } from './bridge.ts';
import {
  clearImmediate,
  clearInterval,
  clearTimeout,
  promises,
  setImmediate,
  setInterval,
  setTimeout,
} from './globals/timers.ts';
import { URL, URLSearchParams } from './globals/url.ts';
import { assert, assertStrict } from './modules/assert.ts';
import * as buffer from './modules/buffer.ts';
import { crypto } from './modules/crypto.ts';
import { httpModule } from './modules/http.ts';
import { querystring } from './modules/querystring.ts';
import { types, util } from './modules/util.ts';
import { zlib } from './modules/zlib.ts';

/** Returns a module by name, with or without `node:`. Throws for modules that are not available to functions. */
export type Load = (name: string) => unknown;

export interface Constants {
  readonly statusCodes: Readonly<Record<string, string>>;
  /** Names of Node's own modules. */
  readonly builtinModules: readonly string[];
}

/** The built-in modules available to functions. All are created in this realm and only compute. */
function modules({ statusCodes }: Constants): Readonly<Record<string, unknown>> {
  const streams = (stream as { default?: unknown }).default ?? stream;
  const emitter = (events as { default?: unknown }).default ?? events;
  return {
    assert,
    'assert/strict': assertStrict,
    buffer: { ...buffer, default: undefined, atob: globalThis.atob, btoa: globalThis.btoa },
    crypto,
    events: emitter,
    http: httpModule('http:', statusCodes),
    https: httpModule('https:', statusCodes),
    path,
    'path/posix': path,
    querystring,
    stream: streams,
    'stream/promises': (streams as { promises: unknown }).promises,
    string_decoder: (stringDecoder as { default?: unknown }).default ?? stringDecoder,
    timers: { clearImmediate, clearInterval, clearTimeout, promises, setImmediate, setInterval, setTimeout },
    'timers/promises': promises,
    url: {
      URL,
      URLSearchParams,
      fileURLToPath: (url: unknown) => decodeURIComponent(new URL(String(url)).pathname),
      pathToFileURL: (file: unknown) => new URL(`file://${encodeURI(String(file))}`),
      format: (url: unknown) => String(url),
      parse: (url: unknown) => callJson('url.legacy', String(url)),
    },
    util,
    'util/types': types,
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
