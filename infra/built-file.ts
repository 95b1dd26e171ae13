import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Returns the content of a built file. Searches upwards, because this code runs from `infra/` and from `dist/`.
 * @throws {Error} if the build has not run
 */
export function builtFile(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(folder, 'dist', name);
    if (existsSync(file)) return readFileSync(file, 'utf8');
    const above = dirname(folder);
    if (above === folder) throw new Error(`dist/${name} is missing; create it with: npm run build`);
    folder = above;
  }
}
