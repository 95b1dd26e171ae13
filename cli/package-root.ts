import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Files of the package by their paths. Only the build of the standalone program defines it. */
declare const STANDALONE_FILES: Readonly<Record<string, string>> | undefined;

/** True in the program that runs without Node. It has no folder of its own: what it reads of the package is inside. */
export const isStandalone = typeof STANDALONE_FILES !== 'undefined';

/** The folder with this package's own package.json, from the source tree and from `dist/` alike. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('package.json of edge-upload is missing above its own code');
    folder = above;
  }
  return folder;
}

/** Returns the text of a file of this package. */
export function readPackageFile(path: string): string {
  if (typeof STANDALONE_FILES === 'undefined') return readFileSync(join(packageRoot(), path), 'utf8');
  const text = STANDALONE_FILES[path];
  if (text === undefined) throw new Error(`The standalone program has no ${path}.`);
  return text;
}

export function packageVersion(): string {
  const { version } = JSON.parse(readPackageFile('package.json')) as { version: string };
  return version;
}

/** Compares a version with that of this package by precedence: negative if it is earlier, `undefined` if it is none. */
export async function compareWithThis(version: string): Promise<number | undefined> {
  const { default: SemVer } = await import('semver/classes/semver.js');
  try {
    return new SemVer(version).compare(packageVersion());
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
