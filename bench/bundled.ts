import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Command } from './cost.ts';
import type { Stage } from './stage.ts';

/**
 * Returns the command of a program in `bench/peers/`. It is bundled, so that it starts quickly.
 * @param work The program's input.
 */
export async function bundled({ computer }: Stage, name: string, work: object): Promise<Command> {
  const program = join(computer.home, `${name}.cjs`);
  const input = join(computer.home, `${name}.json`);
  await build({
    entryPoints: [join(import.meta.dirname, 'peers', `${name}.ts`)],
    outfile: program,
    bundle: true,
    platform: 'node',
    logLevel: 'error',
  });
  await writeFile(input, JSON.stringify(work), { mode: 0o600 });
  return { program: process.execPath, args: [program, input], env: computer.env };
}
