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

/** Uses the built bundle of the CDK, as users do. It loads much faster than the CDK itself. */
const builtCdk: Plugin = {
  name: 'built-cdk',
  setup({ onResolve }) {
    onResolve({ filter: /\/infra\/upload-stack\.ts$/ }, ({ importer }) =>
      relative(ROOT, importer).startsWith('cli')
        ? { path: pathToFileURL(join(ROOT, 'dist/cdk.cjs')).href, external: true }
        : undefined,
    );
  },
};

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
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'linked',
    logLevel: 'warning',
    plugins: [ownPlace, builtCdk],
  });
  return files.map((file) => join(outdir, relative(ROOT, file).replace(/\.ts$/, '.js')));
}
