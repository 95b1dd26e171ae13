import type { BuildOptions } from 'esbuild';

/** Options of every bundle that runs in Node. */
export const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
} satisfies BuildOptions;

/** The SDK's ES modules: its CommonJS ones lose their named exports when imported on demand. */
export const compact = {
  ...shared,
  minifySyntax: true,
  minifyWhitespace: true,
  mainFields: ['module', 'main'],
  // A binary of each platform's keyring, loaded from node_modules where it is installed.
  external: ['@napi-rs/keyring'],
} satisfies BuildOptions;

/** In parts, because the build of the tests replaces it in sources. */
const OWN_URL = ['import', 'meta', 'url'].join('.');

/** CommonJS from modules that read their own URL. */
export const commonJs = {
  format: 'cjs',
  define: { [OWN_URL]: 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
} satisfies BuildOptions;
