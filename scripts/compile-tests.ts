import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');

/** Keeps the folder of each source, because sources find their neighbours by it. */
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

/** Uses the built bundle of the CDK, as users do. It loads in a fraction of the CDK's own time. */
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
 * Compiles test files, and what they import of this repository, into `outdir`; returns the paths of the compiled files.
 * This takes two seconds once; a loader that compiles while a test runs takes half a second for each file.
 * @param outdir a folder of the repository, so that packages are found from there.
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
