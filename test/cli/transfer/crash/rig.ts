import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Faults } from '../../../../local/faults.ts';
import {
  CLI,
  type Computer,
  clientConfig,
  type DeployedStack,
  type LocalStatus,
  withCloudProcess,
} from '../../../e2e/harness.ts';
import { seeded } from '../../../support/random.ts';
import { startProxy } from './proxy.ts';

const MIB = 1024 * 1024;

/** Faults in every upload. */
const FAULTS: NonNullable<Faults['edge']> = {
  reset: 0.04,
  unavailable: 0.08,
  stall: 0.02,
  stallMs: 20_000,
};

const PUT = ['--stall-timeout', '4', '--prefix', 'ada/', '--json'];

/** Rate of each connection, bytes a second. */
const OWN_RATE = 8 * MIB;
const TWO_AT_ONCE = ['--part-size', '5M', '--concurrency', '2'];

export interface CrashOptions {
  readonly runs: number;
  readonly seed: number;
  /** Bytes of each file. */
  readonly size: number;
  /** Maximum kills of one upload, at least 1. */
  readonly kills: number;
  /**
   * Bytes a second of a link that all connections share. `put` then chooses part size and concurrency. Absent: two parts of
   * 5 MiB at a time, each connection with its own rate.
   */
  readonly sharedRate?: number | undefined;
  readonly onRun?: (run: CrashRun) => void;
}

/** One upload that was killed repeatedly and then completed. */
interface CrashRun {
  readonly number: number;
  readonly kills: number;
  /** Bytes sent in all, TLS and headers included. */
  readonly sent: number;
  /** Bytes that were stored before the last start. */
  readonly resumedBytes: number;
  readonly same: boolean;
}

export interface CrashReport {
  readonly runs: readonly CrashRun[];
  /** Bytes sent for each byte of a file, over all runs. */
  readonly ratio: number;
  /** Uploads that are still open in the store. */
  readonly open: number;
}

/** Uploads files through the embedded cloud with faults, and kills the command line with SIGKILL at random moments. */
export async function crashAgainAndAgain(options: CrashOptions): Promise<CrashReport> {
  let report: CrashReport | undefined;
  const link = options.sharedRate === undefined ? { bytesPerSecond: OWN_RATE } : {};
  const faults: Faults = { edge: { ...FAULTS, ...link, seed: options.seed } };
  await withCloudProcess(
    async (computer, cloud) => {
      report = await crashOn(computer, cloud, options);
    },
    { EDGE_UPLOAD_LOCAL_FAULTS: JSON.stringify(faults) },
  );
  if (report === undefined) throw new Error('the crash runs did not come to their end');
  return report;
}

async function crashOn(computer: Computer, cloud: LocalStatus, options: CrashOptions): Promise<CrashReport> {
  const { url, outputs } = await computer.json<DeployedStack>([
    'deploy',
    '--local',
    '--yes',
    '--write-to',
    '{username}/',
  ]);
  await computer.json(['login', '--create', '--username', 'ada', '--email', 'ada@example.com'], {
    env: { EDGE_UPLOAD_NEW_PASSWORD: 'correct-Horse-9-staple' },
  });
  const proxy = await startProxy(options.sharedRate);
  const s3 = new S3Client({ ...clientConfig(cloud), forcePathStyle: true });
  const Bucket = outputs.S3BucketName;
  const random = seeded(options.seed);
  const { sharedRate } = options;
  const how = sharedRate === undefined ? [...PUT, ...TWO_AT_ONCE] : PUT;
  // The start of the process, and the transfer at the link's rate.
  const usualMs = 300 + (options.size / (sharedRate ?? 2 * OWN_RATE)) * 1000;
  const runs: CrashRun[] = [];
  try {
    for (let number = 1; number <= options.runs; number += 1) {
      const name = `run-${number}.bin`;
      const bytes = randomBytes(options.size);
      await writeFile(join(computer.home, name), bytes);
      const { stdout: token } = await computer.run(['token']);
      const env = {
        // A computer without a deployment, so that requests go through the proxy.
        HOME: join(computer.home, 'uploader'),
        HTTPS_PROXY: proxy.url,
        EDGE_UPLOAD_URL: url,
        EDGE_UPLOAD_TOKEN: token.trim(),
        NODE_EXTRA_CA_CERTS: cloud.caFile,
      };
      const put = () => start(computer, [name, ...how], env);
      const before = proxy.sent();
      const kills = 1 + Math.floor(random() * options.kills);
      let killed = 0;
      let rows: Rows | undefined;
      while (killed < kills && rows === undefined) {
        rows = await startAndKill(put, random() * usualMs);
        if (rows === undefined) killed += 1;
      }
      rows ??= await finish(put);
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: `ada/${name}` }));
      const stored = createHash('sha256').update((await Body?.transformToByteArray()) ?? '');
      const run = {
        number,
        kills: killed,
        sent: proxy.sent() - before,
        resumedBytes: Number(rows.find((row) => row.type === 'file')?.resumedBytes),
        same: stored.digest('hex') === createHash('sha256').update(bytes).digest('hex'),
      };
      runs.push(run);
      options.onRun?.(run);
      await s3.send(new DeleteObjectCommand({ Bucket, Key: `ada/${name}` }));
      await rm(join(computer.home, name));
    }
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    const sent = runs.reduce((sum, run) => sum + run.sent, 0);
    return { runs, ratio: sent / (options.size * runs.length), open: Uploads.length };
  } finally {
    s3.destroy();
    await proxy.close();
  }
}

function start({ env, home }: Computer, args: readonly string[], more: NodeJS.ProcessEnv) {
  return spawn(process.execPath, [CLI, 'put', ...args], {
    cwd: home,
    env: { ...env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

type Rows = readonly Record<string, unknown>[];

/** Parses the complete lines of an output. */
function parse(output: string): Rows {
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Kills an upload after some time. Returns its output if it was complete before the kill. */
async function startAndKill(put: () => ReturnType<typeof start>, afterMs: number): Promise<Rows | undefined> {
  const child = put();
  const output = text(child.stdout);
  const ended = once(child, 'close');
  const timer = new AbortController();
  await Promise.race([ended, delay(afterMs, undefined, { signal: timer.signal })]);
  timer.abort();
  child.kill('SIGKILL');
  await ended;
  const said = parse(await output);
  return said.some(({ type, etag }) => type === 'file' && etag !== undefined) ? said : undefined;
}

/** Repeats the command until it succeeds. With faults, a run can give up. */
async function finish(put: () => ReturnType<typeof start>): Promise<Rows> {
  for (let tries = 1; ; tries += 1) {
    const child = put();
    const [out, errors, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    if (code === 0) return parse(out);
    if (tries === 3) throw new Error(`put ended with ${code}:\n${out}${errors}`);
  }
}
