import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { request } from 'undici';
import type { Faults } from '../../local/faults.ts';
import { preparedPoolKeys } from '../support/keys/pool-keys.ts';
import { checkPrinted } from '../support/printed-commands.ts';
import { type Ran, type RunOptions, runProgram } from '../support/programs.ts';
import { typed } from '../support/typed.ts';
import { whenFound } from '../support/when-found.ts';
import { openCloudHere } from './cloud-here.ts';

/** The built command line. */
export const CLI = join(import.meta.dirname, '../../dist/edge-upload.js');

/** A person's computer: a temporary home and the command line. */
export interface Computer {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs `edge-upload <args>` without a terminal. */
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Runs a command that must succeed; returns its standard output as JSON. */
  json<T>(args: readonly string[], options?: RunOptions): Promise<T>;
  /** The same computer, on which every command is a process of the built command line. */
  readonly built: Computer;
}

export interface LocalStatus {
  readonly endpoint: string;
  readonly caFile: string;
  readonly dataDir: string;
  readonly pid: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface DeployedStack {
  readonly url: string;
  readonly outcome: string;
  readonly outputs: {
    readonly CloudFrontDistributionUrl: string;
    readonly S3BucketName: string;
    readonly CognitoUserPoolId: string;
    readonly CognitoAppClientId: string;
  };
}

/** Returns an environment without the settings and the keyring of the developer. */
export function cleanEnv(home: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(AWS_|EDGE_UPLOAD_|XDG_|NODE_|npm_|(https?|no|all)_proxy$|NO_COLOR$|CI$)/i.test(name),
  );
  // The built programs have no source maps. Node passes the variable on to each child whose environment omits it.
  const unmeasured = process.env.NODE_V8_COVERAGE === undefined ? {} : { NODE_V8_COVERAGE: '' };
  return { ...Object.fromEntries(kept), HOME: home, EDGE_UPLOAD_KEYRING: 'off', ...unmeasured, ...more };
}

/**
 * Returns the environment with which all computers of a test run share the compiled code of the built command line.
 * Otherwise, compiling it would take most of the processor time of each computer's first commands.
 */
function sharedCaches(): NodeJS.ProcessEnv {
  const { COMPILED_TESTS: folder } = process.env;
  return folder === undefined ? {} : { XDG_CACHE_HOME: join(folder, 'caches') };
}

/** Returns a computer. Computers share only the network and compiled code. */
export function computerAt(home: string, more: NodeJS.ProcessEnv = {}): Computer {
  const env = cleanEnv(home, { ...sharedCaches(), ...more });
  const computer = (isBuilt: boolean): Omit<Computer, 'built'> => {
    const run = async (args: readonly string[], options: RunOptions = {}) => {
      const all = { cwd: home, ...options, env: { ...env, ...options.env } };
      // Only a process can be killed by a signal.
      if (isBuilt || all.signal !== undefined) {
        const ran = await runProgram(process.execPath, [CLI, ...args], all);
        await checkPrinted(args, `${ran.stdout}${ran.stderr}`);
        return ran;
      }
      return typed(args, { ...all, home: all.env.HOME ?? home, platform: process.platform });
    };
    return {
      home,
      env,
      run,
      async json<T>(args: readonly string[], options?: RunOptions) {
        const { code, stdout, stderr } = await run([...args, '--json'], options);
        assert.equal(code, 0, `edge-upload ${args.join(' ')}\n${stdout}${stderr}`);
        return JSON.parse(stdout) as T;
      },
    };
  };
  const built: Computer = {
    ...computer(true),
    get built() {
      return built;
    },
  };
  return { ...computer(false), built };
}

type Work = (computer: Computer, cloud: LocalStatus) => Promise<void>;

/**
 * Calls `work` with a computer with a running embedded cloud, and deletes both afterwards. The cloud runs in this process,
 * because starting another process takes as much processor time as a short test.
 */
export async function withCloud(work: Work, more: NodeJS.ProcessEnv = {}): Promise<void> {
  await withComputer(more, async (computer) => {
    const close = await openCloudHere(computer);
    try {
      await work(computer, await computer.json<LocalStatus>(['local', 'start']));
    } finally {
      await close();
    }
  });
}

/** Like `withCloud`, with the built cloud that `local start` starts: a process that commands can stop and tests can kill. */
export async function withCloudProcess(work: Work, more: NodeJS.ProcessEnv = {}): Promise<void> {
  await withComputer(more, async (computer) => {
    try {
      await work(computer, await computer.json<LocalStatus>(['local', 'start', '--port', '0']));
    } finally {
      await computer.run(['local', 'stop']);
    }
  });
}

async function withComputer(more: NodeJS.ProcessEnv, work: (computer: Computer) => Promise<void>) {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-e2e-'));
  try {
    await work(computerAt(home, { ...(await preparedPoolKeys()), ...more }));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Returns the environment with which AWS tools use the embedded cloud. */
export function awsEnv({ env }: Computer, cloud: LocalStatus): NodeJS.ProcessEnv {
  const { endpoint, caFile, accessKeyId, secretAccessKey } = cloud;
  return {
    ...env,
    AWS_ENDPOINT_URL: endpoint,
    AWS_CA_BUNDLE: caFile,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_PAGER: '',
  };
}

/** Returns the options of an SDK client for the embedded cloud. */
export function clientConfig({ endpoint, accessKeyId, secretAccessKey }: LocalStatus) {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } };
}

/** Returns the environment of an operator for whom the embedded cloud is AWS, without `--local`. Calls go through a recorder. */
export function recordedEnv(
  computer: Computer,
  cloud: LocalStatus,
  recorder: { readonly endpoint: string },
): NodeJS.ProcessEnv {
  const env = awsEnv(computer, cloud);
  return { ...env, AWS_ENDPOINT_URL: recorder.endpoint, NODE_EXTRA_CA_CERTS: cloud.caFile };
}

/** Returns the computer of another operator of the same cloud, below the home of the first one. */
export async function otherOperator(
  computer: Computer,
  cloud: LocalStatus,
  recorder: { readonly endpoint: string },
): Promise<Computer> {
  const home = join(computer.home, 'other-operator');
  await mkdir(home);
  return computerAt(home, { ...recordedEnv(computer, cloud, recorder), HOME: home });
}

/** Returns the token for the control endpoint of a running cloud. */
async function controlToken({ dataDir }: LocalStatus): Promise<string> {
  const { control } = JSON.parse(await readFile(join(dataDir, 'cloud.json'), 'utf8')) as {
    control: { token: string };
  };
  return control.token;
}

export const PASSWORD = 'Correct-horse-42!';

/** Creates a user with a permanent password and signs in, without a terminal. */
export async function signIn(computer: Computer, email = 'ada@example.com'): Promise<string> {
  const { username } = await computer.json<{ username: string }>(['login', '--create', '--email', email], {
    env: { EDGE_UPLOAD_NEW_PASSWORD: PASSWORD },
  });
  return username;
}

interface Under extends ChildProcess {
  /** All of standard output, once it has ended. */
  readonly output: Promise<string>;
}

/** Starts a command and waits until it prints one of the texts on standard error. */
export async function until(
  computer: Computer,
  args: readonly string[],
  ...said: readonly string[]
): Promise<Under> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: computer.home,
    env: computer.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = text(child.stdout);
  let heard = '';
  child.stderr.setEncoding('utf8');
  for await (const chunk of child.stderr.iterator({ destroyOnReturn: false })) {
    heard += chunk;
    if (said.some((words) => heard.includes(words))) {
      child.stderr.resume();
      return Object.assign(child, { output });
    }
  }
  throw new Error(`it ended without saying “${said.join('” or “')}”: ${heard}`);
}

/** Waits until a multipart upload has stored a part, which its journal records. */
export async function firstPart({ home }: Computer, child: ChildProcess): Promise<void> {
  const folder = join(home, '.local/state/edge-upload/uploads');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ended = new AbortController();
  const end = () => ended.abort(new Error('The upload ended before it had stored a part.'));
  if (isRunning(child)) child.once('exit', end);
  else end();
  const look = async () => {
    const journals = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
    const texts = await Promise.all(
      journals.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')),
    );
    return texts.some((text) => text.includes('"number":')) || undefined;
  };
  try {
    await whenFound(folder, look, ended.signal);
  } finally {
    child.off('exit', end);
  }
}

/** Whether a process is running. One that a signal ended has no exit code. */
function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

export async function exitCode(child: ChildProcess): Promise<number | null> {
  if (isRunning(child)) await once(child, 'close');
  return child.exitCode;
}

/** Environment of a cloud whose faults can be changed while it runs. At first there are none. */
export const WITH_FAULTS = { EDGE_UPLOAD_LOCAL_FAULTS: '{"resourceDelayMs":0}' };

export async function setFaults(cloud: LocalStatus, faults: Faults): Promise<void> {
  const { statusCode } = await request(`${cloud.endpoint}/_edge-upload/faults`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${await controlToken(cloud)}` },
    body: JSON.stringify(faults),
  });
  assert.equal(statusCode, 204);
}

/** Returns an environment in which Node's clock is wrong by this many days. */
export function wrongClock(days: number): NodeJS.ProcessEnv {
  const by = days * 24 * 3_600_000;
  const code = `const Right = Date;
globalThis.Date = class extends Right {
  constructor(...given) { super(...(given.length > 0 ? given : [Right.now() + ${by}])); }
  static now() { return Right.now() + ${by}; }
};`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}
