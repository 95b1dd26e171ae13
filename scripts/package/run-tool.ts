import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const OUTPUT_BYTES = 16 * 1024 ** 2;

/** Runs a program and returns its standard output. */
export async function runTool(program: string, args: readonly string[]): Promise<string> {
  // npm is a script on Windows.
  const shell = process.platform === 'win32' && program === 'npm';
  // The child is a Node, which would apply NODE_OPTIONS of this one.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: OUTPUT_BYTES, shell, env });
  return stdout;
}
