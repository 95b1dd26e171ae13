import { join } from 'node:path';
import { kill } from 'node:process';
import { Agent } from 'undici';
import { omitUndefined } from '../../protocol/fields.ts';
import type { Context } from '../context.ts';
import { interrupted, systemCode, UserError } from '../errors.ts';
import { requestOnce } from '../network/bounded-requests.ts';
import { findFailure, isTimeout } from '../network/failures.ts';
import { requireFolder } from '../settings/folders.ts';
import { readIfThere } from '../settings/own-files.ts';

/** The description of a running embedded cloud in `cloud.json`. */
export interface RunningCloud {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly caFile: string;
  readonly dataDir: string;
  /** Folder of the e-mail and text messages that AWS would send, one file each. */
  readonly outboxDir: string;
  readonly pid: number;
  /** The version of edge-upload that started it. Absent in early ones. */
  readonly version?: string;
  /** Started with `--well-known-keys`. */
  readonly wellKnownKeys: boolean;
  /** The token that its control endpoint requires, and the proof in its responses. */
  readonly control: { readonly token: string; readonly proof: string };
}

/** A busy cloud responds late, and the first request about isolation tries several kinds of it. */
const DEADLINE_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Returns the folder of this user's embedded cloud. */
export function cloudFolder(context: Pick<Context, 'env' | 'platform' | 'home'>): string {
  return join(requireFolder(context, 'data'), 'local');
}

/** Checks a description, so that the token is sent only to 127.0.0.1 and signals only to a valid process id. */
function isWhole(written: unknown): written is RunningCloud {
  const { endpoint, pid, control } = (written ?? {}) as Partial<Record<keyof RunningCloud, unknown>>;
  const { token, proof } = (control ?? {}) as Partial<Record<string, unknown>>;
  return (
    typeof endpoint === 'string' &&
    /^http:\/\/127\.0\.0\.1:\d{1,5}$/.test(endpoint) &&
    URL.canParse(endpoint) &&
    Number.isSafeInteger(pid) &&
    Number(pid) > 1 &&
    [token, proof].every((secret) => typeof secret === 'string' && /^[0-9a-f]+$/.test(secret))
  );
}

export interface FindOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds for its response; default 30,000. */
  readonly deadlineMs?: number;
}

/**
 * Returns the cloud of a folder if it runs: it must respond at its endpoint with the proof.
 * @throws {UserError} `local_cloud` if its process runs and does not respond: another one must not use the folder.
 */
export async function findCloud(
  dataDir: string,
  options: FindOptions = {},
): Promise<RunningCloud | undefined> {
  const written = parsed(await readIfThere(join(dataDir, 'cloud.json')));
  if (!isWhole(written)) return undefined;
  try {
    const { dataDir: folder, proof } = await ask(written, 'status', options);
    return folder === dataDir && proof === written.control.proof ? written : undefined;
  } catch (error) {
    if (options.signal?.aborted) throw interrupted();
    const failure = findFailure(error);
    if (failure !== undefined && isTimeout(failure) && isProcess(written.pid)) {
      throw stuckCloud(written, 'does not respond');
    }
    // No response, or the response of another program: this cloud does not run.
    if (error instanceof SyntaxError || failure !== undefined) return undefined;
    throw error;
  }
}

function parsed(text = ''): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A damaged file is no cloud's.
    return undefined;
  }
}

/** Returns true if there is a process with this id. Another user's cannot be signalled. */
function isProcess(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

/** The error for a cloud whose process runs, but does not do what it should. */
export function stuckCloud({ pid }: RunningCloud, what: string): UserError {
  return new UserError('local_cloud', `The embedded cloud (process ${pid}) ${what}.`, {
    hint: ['Wait until it does, or end it; its data is kept:', `  kill -9 ${pid}`],
  });
}

/** Returns a description of how a running cloud isolates functions. */
export async function readIsolation(cloud: RunningCloud, signal?: AbortSignal): Promise<string> {
  return String((await ask(cloud, 'isolation', omitUndefined({ signal }))).isolation);
}

/** Requests a JSON object from a cloud's control endpoint. */
async function ask(
  { endpoint, control }: RunningCloud,
  path: 'status' | 'isolation',
  { signal = new AbortController().signal, deadlineMs = DEADLINE_MS }: FindOptions,
): Promise<Record<string, unknown>> {
  const dispatcher = new Agent();
  try {
    const { text } = await requestOnce(`${endpoint}/_edge-upload/${path}`, {
      dispatcher,
      headers: { authorization: `Bearer ${control.token}` },
      signal,
      deadlineMs,
      maxBytes: MAX_ANSWER_BYTES,
    });
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } finally {
    await dispatcher.destroy();
  }
}
