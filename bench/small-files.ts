import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Upload } from './programs.ts';

const IN_A_FOLDER = 100;

/** Creates a folder of small files, 100 in each subfolder. Returns their paths relative to the folder. */
export function makeSmallFiles(root: string, files: number, bytes: number): string[] {
  const paths: string[] = [];
  for (let at = 0; at < files; at += 1) {
    const folder = `folder-${Math.floor(at / IN_A_FOLDER)}`;
    if (at % IN_A_FOLDER === 0) mkdirSync(join(root, folder), { recursive: true });
    const path = `${folder}/file-${at}.dat`;
    writeFileSync(join(root, path), Buffer.alloc(bytes, at));
    paths.push(path);
  }
  return paths;
}

export function uploadsOf(root: string, paths: readonly string[], prefix: string): Upload[] {
  return paths.map((path) => ({ path: join(root, path), key: prefix + path }));
}
