import { join } from 'node:path';
import { Agent } from 'undici';
import type { Context } from '../context.ts';
import { requestOnce } from '../network/bounded-requests.ts';
import { findFailure } from '../network/failures.ts';
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

/** The first request about isolation tries several kinds of it. */
const DEADLINES_MS = { status: 5000, isolation: 30_000 } as const;
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

/** Returns the cloud of a folder if it runs: it must respond at its endpoint with the proof. */
export async function findCloud(dataDir: string): Promise<RunningCloud | undefined> {
  const text = await readIfThere(join(dataDir, 'cloud.json'));
  if (text === undefined) return undefined;
  try {
    const written: unknown = JSON.parse(text);
    if (!isWhole(written)) return undefined;
    const { dataDir: folder, proof } = await ask(written, 'status');
    return folder === dataDir && proof === written.control.proof ? written : undefined;
  } catch (error) {
    // No response, the response of another program, or a damaged file: this cloud does not run.
    if (error instanceof SyntaxError || findFailure(error) !== undefined) return undefined;
    throw error;
  }
}

/** Returns a description of how a running cloud isolates functions. */
export async function readIsolation(cloud: RunningCloud): Promise<string> {
  return String((await ask(cloud, 'isolation')).isolation);
}

/** Requests a JSON object from a cloud's control endpoint. */
async function ask(
  { endpoint, control }: RunningCloud,
  path: keyof typeof DEADLINES_MS,
): Promise<Record<string, unknown>> {
  const dispatcher = new Agent();
  try {
    const { text } = await requestOnce(`${endpoint}/_edge-upload/${path}`, {
      dispatcher,
      headers: { authorization: `Bearer ${control.token}` },
      signal: new AbortController().signal,
      deadlineMs: DEADLINES_MS[path],
      maxBytes: MAX_ANSWER_BYTES,
    });
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } finally {
    await dispatcher.destroy();
  }
}
