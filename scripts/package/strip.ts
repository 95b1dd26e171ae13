import { copyFile } from 'node:fs/promises';
import { HOST } from './platforms.ts';
import { runTool } from './run-tool.ts';

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
