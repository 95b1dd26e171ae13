import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const OUTPUT_BYTES = 16 * 1024 ** 2;

/** Runs a program and returns what it prints on standard output. */
export async function runTool(program: string, args: readonly string[]): Promise<string> {
  // npm is a script on Windows.
  const shell = process.platform === 'win32' && program === 'npm';
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: OUTPUT_BYTES, shell });
  return stdout;
}
