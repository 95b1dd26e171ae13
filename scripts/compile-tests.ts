import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');

/** Keeps the folder of each source, because sources locate files relative to it. */
const ownPlace: Plugin = {
  name: 'own-place',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      loader: 'ts',
      contents: (await readFile(path, 'utf8'))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.filename', JSON.stringify(path))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
    }));
  },
};

/**
 * Uses the built bundle of the CDK, as users do. It loads much faster than the CDK itself, and in half of that time when it is
 * required: for an import, Node first parses all 8 MB for the names of the exports.
 */
const builtCdk: Plugin = {
  name: 'built-cdk',
  setup({ onResolve, onLoad }) {
    const bundle = join(ROOT, 'dist/cdk.cjs');
    onResolve({ filter: /\/infra\/upload-stack\.ts$/ }, ({ importer }) =>
      relative(ROOT, importer).startsWith('cli') ? { path: bundle, namespace: 'built-cdk' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'built-cdk' }, () => ({
      contents: `export const { synthesize } = require(${JSON.stringify(bundle)});`,
    }));
    onResolve({ filter: /./, namespace: 'built-cdk' }, ({ path }) => ({ path, external: true }));
  },
};

/** Gives each test a time limit, so that one that hangs fails under its own name. */
const timeLimit: Plugin = {
  name: 'time-limit',
  setup({ onResolve }) {
    const limited = join(ROOT, 'test/support/run/time-limit.ts');
    onResolve({ filter: /^node:test$/ }, ({ importer }) =>
      importer.endsWith('.test.ts') ? { path: limited } : undefined,
    );
  },
};

/**
 * Packages that most tests load. Finding and parsing their files takes Node up to half a second in each process. A CommonJS
 * package loses its named exports when it is imported on demand: such packages are not listed.
 */
const BUNDLED =
  /^(?:@aws-sdk|@smithy|@peculiar|@commander-js|aws-jwt-verify|commander|fast-xml-parser|openid-client|undici)(?:\/|$)/;

/** Bundles those packages and what they import. All other packages are loaded from `node_modules`. */
const someBundled: Plugin = {
  name: 'some-bundled',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, importer, kind }) =>
      kind === 'entry-point' || importer.includes('node_modules') || BUNDLED.test(path)
        ? undefined
        : { path, external: true },
    );
  },
};

/** CommonJS packages in an ES module load Node's own modules with it. */
const REQUIRE =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/**
 * Compiles test files and what they import from this repository into `outdir`. Returns the paths of the compiled files.
 * Compiling all at once takes two seconds; a loader that compiles at run time takes half a second for each file.
 * @param outdir A folder in the repository, so that packages are found from it.
 */
export async function compileTests(files: readonly string[], outdir: string): Promise<string[]> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [...files],
    inject: ['test/support/run/processor-time.ts'],
    outdir,
    outbase: ROOT,
    bundle: true,
    splitting: true,
    platform: 'node',
    // The SDK's ES modules: its CommonJS ones lose their named exports when imported on demand.
    mainFields: ['module', 'main'],
    format: 'esm',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent: false,
    banner: { js: REQUIRE },
    logLevel: 'warning',
    plugins: [ownPlace, timeLimit, builtCdk, someBundled],
  });
  return files.map((file) => join(outdir, relative(ROOT, file).replace(/\.ts$/, '.js')));
}
