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
 * Writes a copy of a program without the names of its inner functions, which are a fifth of it. Windows' programs have none.
 * LLVM's tool knows the programs of all platforms, the system's own that of this computer.
 * @throws {Error} if neither can do it.
 */
export async function stripped(name: string, program: string, output: string): Promise<void> {
  await copyFile(program, output);
  if (name.startsWith('win-')) return;
  const isLlvm = await hasLlvm();
  if (!isLlvm && name !== HOST) {
    throw new Error(`llvm-strip is missing, which ${name} needs here. Install LLVM: apt-get install llvm`);
  }
  // Libraries that a program loads look for its outer names: only macOS keeps both in one table.
  const flags = name.startsWith('darwin-') ? ['-x'] : [];
  await runTool(isLlvm ? 'llvm-strip' : 'strip', [...flags, output]);
}
