import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Reads the built sandbox, `dist/sandbox.cjs` of this package, from any place this module is bundled to. */
export function builtSandbox(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error(`no package.json above ${import.meta.url}`);
    folder = above;
  }
  return readFileSync(join(folder, 'dist', 'sandbox.cjs'), 'utf8');
}
