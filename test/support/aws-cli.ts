import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type Ran, runProgram } from './programs.ts';

/** Environment for AWS tools: well-known root keys of an embedded cloud, and no settings of the developer. */
export const AWS_TOOL_ENV = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PAGER: '',
};

interface Place {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

const PYTHON = join(import.meta.dirname, 'aws_cli.py');

/** A Python process that has loaded the AWS CLI, and forks for each command. */
class LoadedCli {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: { resolve(ran: Ran): void; reject(error: Error): void }[] = [];

  constructor() {
    this.#child = spawn('python3', [PYTHON], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#waiting.shift()?.resolve(JSON.parse(line) as Ran);
      this.#hold();
    });
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting) reject(new Error(`${PYTHON} ended with ${code}`));
    });
  }

  /** Keeps this process running while a command runs. Otherwise the child ends with it. */
  #hold(): void {
    const handles = [this.#child, this.#child.stdin as Socket, this.#child.stdout as Socket];
    for (const handle of handles) handle[this.#waiting.length > 0 ? 'ref' : 'unref']();
  }

  run(args: readonly string[], { env, cwd = '/' }: Place): Promise<Ran> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#hold();
      this.#child.stdin.write(`${JSON.stringify({ args, env, cwd })}\n`);
    });
  }
}

let loaded: LoadedCli | undefined;

/** Whether Python can load the AWS CLI. Version 2 is a separate program. */
const canLoad = process.platform !== 'win32' && spawnSync('python3', ['-c', 'import awscli']).status === 0;

/** Runs the AWS CLI like its users. */
export function runAws(args: readonly string[], place: Place): Promise<Ran> {
  if (!canLoad) return runProgram('aws', args, place);
  loaded ??= new LoadedCli();
  return loaded.run(args, place);
}

/**
 * Returns a function that runs the AWS CLI for one service. The function returns the printed JSON document, or other text.
 * @throws {Error} with the CLI's standard error if it fails
 */
export function awsCli(endpoint: string, service: string, env: Readonly<Record<string, string>> = {}) {
  return async (...parameters: readonly string[]) => {
    const args = ['--endpoint-url', endpoint, '--output', 'json', service, ...parameters];
    const { code, stdout, stderr } = await runAws(args, { env: { ...AWS_TOOL_ENV, ...env } });
    if (code !== 0) throw Object.assign(new Error(`aws ${parameters.join(' ')}: ${stderr}`), { stderr });
    return stdout.startsWith('{') ? JSON.parse(stdout) : stdout;
  };
}
