import type { LiveWorld } from './world.ts';

/** What a probe saw: few plain values, each of which may be published. */
export type Seen = Readonly<Record<string, string | number | boolean | null>>;

/** One claim about AWS that documentation makes and only an account can show. */
export interface Probe {
  /** Of the files, the results and `--only`: words with hyphens. */
  readonly name: string;
  /** The claim, as a sentence. */
  readonly claim: string;
  /** What is seen if the claim is true. */
  readonly expected: Seen;
  /** Why the embedded cloud does not run it. */
  readonly notHere?: string;
  /** The environment variable without which it is not run, and what that names. */
  readonly needs?: readonly [variable: string, meaning: string];
  /** It runs by itself, after those that only look: it changes the deployment. */
  readonly changes?: true;
  /** Looks. Errors are reported as what was seen. */
  look(world: LiveWorld): Promise<Seen>;
}

/** `confirmed`, `differs`, or `not run`: its own `look` failed, or it was not asked for. */
export interface Verdict {
  readonly name: string;
  readonly claim: string;
  readonly verdict: 'confirmed' | 'differs' | 'not run';
  readonly expected: Seen;
  readonly seen?: Seen;
  /** Why it was not run. */
  readonly reason?: string;
}

/** A call that the operator's policy does not allow. It ends the run. */
export class DeniedCall extends Error {
  /** Such as `s3:PutBucketPolicy on arn:aws:s3:::…`. */
  readonly call: string;

  constructor(call: string) {
    super(`The operator's policy lacks ${call}.`);
    this.call = call;
  }
}

/** Returns the members that differ from what is expected. */
export function differences(expected: Seen, seen: Seen): readonly string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(seen)])];
  return names.filter((name) => expected[name] !== seen[name]);
}

interface Asked {
  readonly target: 'aws' | 'embedded';
  /** The names of `--only`; absent: all probes. */
  readonly only: readonly string[] | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** Returns the reason why a probe is not run, or `undefined`. */
export function reasonNotToRun(
  { name, notHere, needs: [variable, meaning] = ['', ''] }: Probe,
  { target, only, env }: Asked,
): string | undefined {
  if (only !== undefined && !only.includes(name)) return 'not asked for';
  if (notHere !== undefined && target === 'embedded') return `not run here: ${notHere}`;
  if (variable !== '' && !env[variable]) return `needs ${variable}, ${meaning}`;
  return undefined;
}

/** Looks, and judges what was seen. A probe that fails does not stop the others, unless a call was denied. */
export async function judge(probe: Probe, world: LiveWorld): Promise<Verdict> {
  const { name, claim, expected } = probe;
  try {
    const seen = await probe.look(world);
    const verdict = differences(expected, seen).length === 0 ? 'confirmed' : 'differs';
    return { name, claim, verdict, expected, seen };
  } catch (error) {
    if (error instanceof DeniedCall) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { name, claim, verdict: 'not run', expected, reason };
  }
}
