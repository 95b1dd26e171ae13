import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { extract } from 'tar';
import { HOST, NODE_VERSION, platformOf } from './platforms.ts';
import { runTool } from './run-tool.ts';

/**
 * Downloads Node for a platform from npm, and unpacks it below `folder`.
 * @returns the path of the `node` program
 * @throws {Error} if the tarball's digest differs from the one in this repository
 */
export async function nodeRuntime(name: string, folder: string): Promise<string> {
  const { node: packageName, integrity } = platformOf(name);
  const target = join(folder, name);
  await mkdir(target, { recursive: true });
  const spec = `${packageName}@${NODE_VERSION}`;
  const packed = await runTool('npm', ['pack', spec, '--json', '--pack-destination', target]);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  const tarball = join(target, filename);
  const digest = createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64');
  if (`sha512-${digest}` !== integrity) throw new Error(`${spec} is not the expected file: sha512-${digest}`);
  await extract({ file: tarball, cwd: target, strip: 1 });
  return join(target, name.startsWith('win-') ? 'bin/node.exe' : 'bin/node');
}

/** Returns the path of the licences of a Node and of its dependencies. */
export function licenceOf(node: string): string {
  return join(dirname(node), '../LICENSE');
}

async function hasLlvm(): Promise<boolean> {
  try {
    await runTool('llvm-strip', ['--version']);
    return true;
  } catch {
    // Not installed.
    return false;
  }
}

/**
 * Writes a copy of a program without its local symbols, which are a fifth of its size. Programs for Windows have none.
 * LLVM's tool supports all platforms; the system's own supports this computer's.
 * @throws {Error} if neither can strip it
 */
export async function stripped(name: string, program: string, output: string): Promise<void> {
  await copyFile(program, output);
  if (name.startsWith('win-')) return;
  const isLlvm = await hasLlvm();
  if (!isLlvm && name !== HOST) {
    throw new Error(`llvm-strip is missing. ${name} needs it here. Install LLVM: apt-get install llvm`);
  }
  // Libraries loaded at run time need the global symbols. Only macOS keeps both kinds in one table.
  const flags = name.startsWith('darwin-') ? ['-x'] : [];
  await runTool(isLlvm ? 'llvm-strip' : 'strip', [...flags, output]);
}
