import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
/** Called by its path, because Windows does not start scripts of `node_modules/.bin`. */
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const FLAGS = ['--ignoreConfig', '--declaration', '--emitDeclarationOnly', '--allowImportingTsExtensions'];
const SETTINGS = [
  '--module',
  'nodenext',
  '--target',
  'es2023',
  '--types',
  'node',
  '--skipLibCheck',
  '--strict',
];

/**
 * Writes the type declarations of modules and their imports, for TypeScript programs that import the package. They are of
 * CommonJS, as the code is, so that CommonJS programs can import them too.
 */
export async function writeTypes(modules: readonly string[], folder: string): Promise<void> {
  const all = await mkdtemp(join(tmpdir(), 'edge-upload-types-'));
  try {
    const args = [...FLAGS, ...SETTINGS, '--rootDir', '.', '--outDir', all, ...modules];
    await promisify(execFile)(process.execPath, [TSC, ...args], { cwd: ROOT });
    await copyReached(
      all,
      folder,
      modules.map((module) => module.replace(/ts$/, 'd.ts')),
    );
    await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  } finally {
    await rm(all, { recursive: true, force: true });
  }
}

async function copyReached(all: string, folder: string, declarations: readonly string[]): Promise<void> {
  const waiting = [...declarations];
  for (const name of waiting) {
    const text = await readFile(join(all, name), 'utf8');
    for (const [, path = ''] of text.matchAll(/from '(\.[^']*)\.ts'/g)) {
      const reached = join(dirname(name), `${path}.d.ts`);
      if (!waiting.includes(reached)) waiting.push(reached);
    }
    await mkdir(dirname(join(folder, name)), { recursive: true });
    // TypeScript resolves .js to these files.
    await writeFile(join(folder, name), text.replace(/(from '\.[^']*)\.ts'/g, "$1.js'"));
  }
}
