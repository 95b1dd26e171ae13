import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { missing } from '../test/support/programs.ts';
import { bundled } from './bundled.ts';
import type { Command } from './cost.ts';
import type { PoolWork } from './peers/undici-pool.ts';
import type { Stage } from './stage.ts';

/** Concurrent requests of every peer that has an option for it. */
const AT_ONCE = 16;

/** A file and the key that it is stored under. */
export interface Upload {
  readonly path: string;
  readonly key: string;
}

/** The program that the package installs as `edge-upload`. */
const CLI = join(import.meta.dirname, '../dist/edge-upload.cjs');

/** Returns the command of `edge-upload`. */
export function edgeUpload(env: NodeJS.ProcessEnv, ...args: readonly string[]): Command {
  return { program: process.execPath, args: [CLI, ...args], env };
}

/** Returns `curl -T` with the token in a file and the embedded cloud's authority. */
export async function curlPut(stage: Stage, path: string, url: string): Promise<Command> {
  const args = ['--output', '/dev/null', '--upload-file', path, url];
  return { program: 'curl', args: [...(await curlOptions(stage)), ...args], env: stage.computer.env };
}

/** Returns `curl --parallel` for many files. */
export async function curlParallel(stage: Stage, uploads: readonly Upload[]): Promise<Command> {
  const config = join(stage.computer.home, 'curl.config');
  const lines = uploads.map(
    ({ path, key }) => `upload-file = "${path}"\nurl = "${stage.edge}/${key}"\noutput = "/dev/null"\n`,
  );
  await writeFile(config, lines.join(''));
  const args = ['--parallel', '--parallel-max', String(AT_ONCE), '--config', config];
  return { program: 'curl', args: [...(await curlOptions(stage)), ...args], env: stage.computer.env };
}

async function curlOptions(stage: Stage): Promise<string[]> {
  const head = join(stage.computer.home, 'curl.head');
  await writeFile(head, `Authorization: Bearer ${await stage.token()}\n`, { mode: 0o600 });
  return ['--silent', '--show-error', '--fail', '--cacert', stage.cloud.caFile, '--header', `@${head}`];
}

/** Returns a bare undici pool for many files: one read and one request each, without retries, checksums or a journal. */
export async function undiciPool(stage: Stage, uploads: readonly Upload[]): Promise<Command> {
  const work: PoolWork = {
    origin: stage.edge,
    token: await stage.token(),
    caFile: stage.cloud.caFile,
    connections: AT_ONCE,
    uploads,
  };
  return bundled(stage, 'undici-pool', work);
}

/** Returns the command of the AWS CLI at an endpoint of the embedded S3. */
export function awsS3(stage: Stage, endpoint: string, ...args: readonly string[]): Command {
  return {
    program: peers().aws ?? 'aws',
    args: ['s3', ...args, '--endpoint-url', endpoint],
    env: stage.awsEnv,
  };
}

/** Returns the command of rclone with default settings. */
export function rclone(stage: Stage, ...args: readonly string[]): Command {
  const env = {
    ...stage.computer.env,
    RCLONE_CONFIG: join(stage.computer.home, 'rclone.conf'),
    RCLONE_S3_PROVIDER: 'Other',
    RCLONE_S3_ENDPOINT: stage.cloud.endpoint,
    RCLONE_S3_ACCESS_KEY_ID: stage.cloud.accessKeyId,
    RCLONE_S3_SECRET_ACCESS_KEY: stage.cloud.secretAccessKey,
    RCLONE_S3_REGION: 'us-east-1',
    // Old versions of rclone always send an ACL. Buckets without ACLs accept this one.
    RCLONE_S3_ACL: 'bucket-owner-full-control',
  };
  return { program: 'rclone', args, env };
}

export interface Peers {
  readonly curl?: string;
  /** Path of the program, not of a version manager's shim. */
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
