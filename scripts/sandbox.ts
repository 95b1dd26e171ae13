import { join } from 'node:path';
import { type BuildOptions, type BuildResult, build, type Plugin } from 'esbuild';

const GUEST = 'local/lambda/guest';

/** Replacements for Node's modules in the function's context: packages, and files of this project. */
const PACKAGES: Readonly<Record<string, string>> = {
  'node:events': 'events/',
  events: 'events/',
  'node:stream': 'readable-stream',
};
const FILES: Readonly<Record<string, string>> = {
  buffer: 'modules/buffer.ts',
  'process/': 'process-shim.ts',
  'abort-controller': 'globals/abort.ts',
};

const standIns: Plugin = {
  name: 'stand-ins',
  setup({ onResolve, resolve }) {
    onResolve(
      { filter: /^(node:.*|events|buffer|process\/|abort-controller)$/ },
      ({ path, kind, resolveDir }) => {
        const file = FILES[path];
        if (file !== undefined) return { path: join(process.cwd(), GUEST, file) };
        const instead = PACKAGES[path];
        if (instead === undefined)
          return { errors: [{ text: `${path} is not available in a function's context` }] };
        return resolve(instead, { kind, resolveDir });
      },
    );
  },
};

/** Builds the code that runs in the function's context. */
const guest = {
  entryPoints: [`${GUEST}/main.ts`],
  bundle: true,
  write: false,
  metafile: true,
  platform: 'browser',
  format: 'iife',
  globalName: 'guest',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
  minifySyntax: true,
  minifyWhitespace: true,
  minifyIdentifiers: true,
  // A function can see the names of its context's functions.
  keepNames: true,
  plugins: [standIns],
} satisfies BuildOptions;

/** Builds the process that runs a function's code. It contains the code of the context as text. */
export async function buildSandbox(options: BuildOptions): Promise<BuildResult[]> {
  const inner = await build(guest);
  const outer = await build({
    ...options,
    minify: true,
    entryPoints: ['local/lambda/sandbox/main.ts'],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    define: { GUEST_SOURCE: JSON.stringify(inner.outputFiles[0]?.text ?? '') },
  });
  return [inner, outer];
}
