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

/** Selects the SDK's ES modules. Its CommonJS modules lose their named exports when they are imported on demand. */
export const compact = {
  ...shared,
  minifySyntax: true,
  minifyWhitespace: true,
  mainFields: ['module', 'main'],
  // The keyring's native binary, loaded from node_modules if it is installed.
  external: ['@napi-rs/keyring'],
} satisfies BuildOptions;

/** Written in parts, because the build of the tests replaces the whole in sources. */
const OWN_URL = ['import', 'meta', 'url'].join('.');

/** Builds CommonJS from modules that read their own URL. */
export const commonJs = {
  format: 'cjs',
  define: { [OWN_URL]: 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
} satisfies BuildOptions;

/**
 * Escapes the non-ASCII characters of a program. esbuild leaves them in regular expressions and tagged templates. A
 * single one doubles the time to read the program.
 */
export function inAscii(program: string): string {
  return program.replace(/\P{ASCII}/gu, (letter) =>
    letter.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
