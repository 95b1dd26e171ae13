import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CLI } from '../test/e2e/harness.ts';
import { missing } from '../test/support/programs.ts';
import type { Stage } from './stage.ts';

/** A program with its arguments and environment. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Runs a command and returns its seconds of wall time. Where it fails, the error has its output. */
export async function timed({ program, args, env }: Command, cwd: string): Promise<number> {
  const began = performance.now();
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return seconds;
}

/** Returns the command of `edge-upload`. */
export function edgeUpload(env: NodeJS.ProcessEnv, ...args: readonly string[]): Command {
  return { program: process.execPath, args: [CLI, ...args], env };
}

/** Returns `curl -T` with the token in a file and the embedded cloud's authority. */
export async function curlPut(stage: Stage, path: string, url: string): Promise<Command> {
  const { computer, cloud } = stage;
  const head = join(computer.home, 'curl.head');
  await writeFile(head, `Authorization: Bearer ${await stage.token()}\n`, { mode: 0o600 });
  const args = ['--silent', '--show-error', '--fail', '--output', '/dev/null', '--cacert', cloud.caFile];
  return {
    program: 'curl',
    args: [...args, '--header', `@${head}`, '--upload-file', path, url],
    env: computer.env,
  };
}

/** The AWS CLI at an endpoint of the embedded S3. */
export function awsS3(stage: Stage, endpoint: string, ...args: readonly string[]): Command {
  return {
    program: peers().aws ?? 'aws',
    args: ['s3', ...args, '--only-show-errors', '--endpoint-url', endpoint],
    env: stage.awsEnv,
  };
}

/** `rclone copy` of a folder with its default settings. */
export function rcloneCopy(stage: Stage, folder: string, prefix: string): Command {
  const env = {
    ...stage.computer.env,
    RCLONE_CONFIG: join(stage.computer.home, 'rclone.conf'),
    RCLONE_S3_PROVIDER: 'Other',
    RCLONE_S3_ENDPOINT: stage.cloud.endpoint,
    RCLONE_S3_ACCESS_KEY_ID: stage.cloud.accessKeyId,
    RCLONE_S3_SECRET_ACCESS_KEY: stage.cloud.secretAccessKey,
    RCLONE_S3_REGION: 'us-east-1',
    // Buckets without ACLs accept this one; older versions of rclone always send an ACL.
    RCLONE_S3_ACL: 'bucket-owner-full-control',
  };
  return { program: 'rclone', args: ['copy', folder, `:s3:${stage.bucket}/${prefix}`], env };
}

export interface Peers {
  readonly curl?: string;
  /** The program itself, not a version manager's shim. */
  readonly aws?: string;
  readonly rclone?: string;
}

let found: Peers | undefined;

/** Returns the installed peers. */
export function peers(): Peers {
  found ??= {
    ...(missing('curl') === false && { curl: 'curl' }),
    ...(missing('aws') === false && { aws: behindShim('aws') }),
    ...(missing('rclone', 'version') === false && { rclone: 'rclone' }),
  };
  return found;
}

function behindShim(program: string): string {
  if (missing('pyenv') !== false) return program;
  return execFileSync('pyenv', ['which', program], { encoding: 'utf8' }).trim();
}

/** Returns the versions of Node and the peers. */
export function versions(): string {
  const first = (program: string, flag: string) =>
    execFileSync(program, [flag], { encoding: 'utf8' }).split('\n')[0]?.split(' (')[0]?.trim() ?? '';
  const { curl, aws, rclone } = peers();
  return [
    `Node ${process.versions.node}`,
    ...(curl === undefined ? [] : [first(curl, '--version')]),
    ...(aws === undefined ? [] : [first(aws, '--version').split(' ')[0]]),
    ...(rclone === undefined ? [] : [first(rclone, 'version')]),
  ].join(', ');
}
