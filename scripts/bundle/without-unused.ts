import type { Plugin } from 'esbuild';

/** Parts of undici that its index loads and this project does not use. */
const UNUSED_UNDICI =
  /^\.\/lib\/(?:global$|(?:web|mock|cache|interceptor|handler)\/|dispatcher\/(?:balanced|round-robin|proxy|socks5|env-http|retry|h2c))/;

/** Replacement of an unused module, with the names that other modules read while they load. */
const UNUSED =
  'exports.CacheStorage = class {}; exports.IncomingMessage = class {}; exports.maxHeaderSize = 16384;';

/** Replacement of node:assert, with the one form that undici calls. The error has the code of Node's. */
const ASSERT = `module.exports = (value, message) => {
  if (value) return;
  if (message instanceof Error) throw message;
  throw Object.assign(new Error(message ?? 'undici: an assertion failed'), { code: 'ERR_ASSERTION' });
};`;

/**
 * Excludes unused code that takes time at each start.
 *
 * - undici's index loads fetch, mocks, caches and cookies; the cookies load Node's own undici. It also creates a
 *   `CacheStorage` and replaces the dispatcher of Node's own `fetch`.
 * - undici's HTTP/2 client loads node:http2. Its HTTP/1.1 client loads half of `fetch`, for form bodies, and node:http,
 *   for the header limit and one class.
 * - commander loads node:child_process, for commands that are programs of their own.
 * - ora has the frames of 90 spinners; the screen has its own.
 * - ora measures text with string-width, whose tables take 50 ms to load on a slow computer. Ours has the same
 *   signature.
 */
export const withoutUnused: Plugin = {
  name: 'without-unused',
  setup({ onResolve, onLoad, resolve }) {
    const unused = (path: string) => ({ path, namespace: 'unused' });
    onResolve({ filter: UNUSED_UNDICI }, ({ path, importer }) =>
      /undici[\\/]index\.js$/.test(importer) ? unused(path) : undefined,
    );
    onResolve({ filter: /^(?:\.\/client-h2|\.\.\/web\/fetch\/body)\.js$/ }, ({ path }) => unused(path));
    onResolve({ filter: /^node:(?:http|child_process)$/ }, ({ path, importer }) =>
      /node_modules[\\/](?:undici|commander)[\\/]/.test(importer) ? unused(path) : undefined,
    );
    onResolve({ filter: /^node:assert$/ }, ({ importer }) =>
      /node_modules[\\/]undici[\\/]/.test(importer) ? { path: 'assert', namespace: 'assertion' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'assertion' }, () => ({ contents: ASSERT }));
    onResolve({ filter: /^cli-spinners$/ }, ({ path }) => unused(path));
    onResolve({ filter: /^string-width$/ }, ({ resolveDir }) =>
      resolve('fast-string-width', { kind: 'import-statement', resolveDir }),
    );
    onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: UNUSED }));
  },
};
