import { readFile, writeFile } from 'node:fs/promises';
import { build, type Metafile, type Plugin } from 'esbuild';
import { COMPLETIONS } from '../../cli/completions/shells.ts';
import { commonJs, compact, inAscii } from '../bundle/options.ts';
import { withoutUnused } from '../bundle/without-unused.ts';

/** Excludes the CDK app, which no command of an uploader loads. */
const withoutCdk: Plugin = {
  name: 'without-cdk',
  setup({ onResolve }) {
    onResolve({ filter: /\/infra\/upload-stack\.ts$/ }, ({ path }) => ({ path, external: true }));
  },
};

/** Returns the files that commands read from the package, by path. */
async function readFiles(): Promise<Record<string, string>> {
  const { name, version } = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, unknown>;
  const scripts = Object.values(COMPLETIONS).map(async ({ file }) => {
    const path = `dist/completions/${file}`;
    return [path, await readFile(path, 'utf8')] as const;
  });
  return {
    'package.json': JSON.stringify({ name, version }),
    ...Object.fromEntries(await Promise.all(scripts)),
  };
}

/**
 * Bundles the uploader's commands into one CommonJS file without dependencies. `npm run build` must run first: it
 * writes the completion scripts.
 * @returns esbuild's metafile
 */
export async function buildProgram(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    ...compact,
    ...commonJs,
    // The main module has no file of its own.
    banner: { js: "const importMetaUrl = '';" },
    define: { ...commonJs.define, STANDALONE_FILES: JSON.stringify(await readFiles()) },
    plugins: [withoutUnused, withoutCdk],
    entryPoints: ['bin/uploader.ts'],
    outfile,
  });
  await writeFile(outfile, inAscii(await readFile(outfile, 'utf8')));
  return metafile;
}
