import type { LiveWorld } from './world.ts';

/** What a probe saw: a few plain values that are safe to publish. */
export type Observation = Readonly<Record<string, string | number | boolean | null>>;

/** A claim about AWS that is documented, but can only be shown in an account. */
export interface Probe {
  /** Name for files, results and `--only`: words with hyphens. */
  readonly name: string;
  /** The claim, as a sentence. */
  readonly claim: string;
  /** What the probe sees if the claim is true. */
  readonly expected: Observation;
  /** Why the embedded cloud does not run the probe. */
  readonly notHere?: string;
  /** Environment variable that the probe needs, and its meaning. */
  readonly needs?: readonly [variable: string, meaning: string];
  /** Set if the probe changes the deployment. It runs alone, after all others. */
  readonly changes?: true;
  /** Observes AWS. Errors are part of the result. */
  look(world: LiveWorld): Promise<Observation>;
}

/** `confirmed`, `differs`, or `not run`: the probe failed or was not selected. */
export interface Verdict {
  readonly name: string;
  readonly claim: string;
  readonly verdict: 'confirmed' | 'differs' | 'not run';
  readonly expected: Observation;
  readonly seen?: Observation;
  /** Why the probe was not run. */
  readonly reason?: string;
}

/** A call that the operator's policy does not allow. Ends the run. */
export class DeniedCall extends Error {
  /** For example `s3:PutBucketPolicy on arn:aws:s3:::…`. */
  readonly call: string;

  constructor(call: string) {
    super(`The operator's policy lacks ${call}.`);
    this.call = call;
  }
}

/** Returns the names of values that differ from the expected ones. */
export function differences(expected: Observation, seen: Observation): readonly string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(seen)])];
  return names.filter((name) => expected[name] !== seen[name]);
}

interface Asked {
  readonly target: 'aws' | 'embedded';
  /** Names given with `--only`. Absent: all probes. */
  readonly only: readonly string[] | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** Returns why a probe is not run; `undefined` if it is. */
export function reasonNotToRun(
  { name, notHere, needs: [variable, meaning] = ['', ''] }: Probe,
  { target, only, env }: Asked,
): string | undefined {
  if (only !== undefined && !only.includes(name)) return 'not selected';
  if (notHere !== undefined && target === 'embedded') return `not run here: ${notHere}`;
  if (variable !== '' && !env[variable]) return `needs ${variable}, ${meaning}`;
  return undefined;
}

/** Runs a probe and compares what it saw. A failed probe does not stop the others, unless a call was denied. */
export async function runProbe(probe: Probe, world: LiveWorld): Promise<Verdict> {
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

/** Returns the code of an error in S3's XML or the edge's JSON. */
export function errorCode(body: string): string | null {
  return /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? /"error":\s*"(\w+)"/.exec(body)?.[1] ?? null;
}

/** Returns the text of an element in S3's XML. */
export function elementText(body: string, name: string): string | null {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? null;
}
