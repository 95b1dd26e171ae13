import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stderr, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { RUN_HOURS, requireAccount, STACK_PREFIX } from './account.ts';
import { type CommandLine, openHome } from './command-line.ts';
import { type Operator, openOperator, policyVerdict } from './operator.ts';
import { DeniedCall, type Probe, reasonNotToRun, runProbe, type Verdict } from './probe.ts';
import { PROBES } from './probes/all.ts';
import { createRedactor } from './redact.ts';
import { defaultFile, type Results, verdictLines, writeResults } from './results.ts';
import { type LiveWorld, openWorld } from './world.ts';

/*
 * Deploys a stack into a real account, tests each claim about AWS there, and destroys the stack:
 *
 *   EDGE_UPLOAD_LIVE=<account id> npm run live [-- --yes] [--only <probe>…] [--without <statement>…] [--output <file>]
 *
 * The command line runs under a role that has only the policy that `edge-upload policy` prints. A denied call ends the
 * run. --without omits a statement of that policy: the run must then report a denied call.
 *
 * Some probes need more: EDGE_UPLOAD_LIVE_IDP, the SAML provider for --idp, or the token of a GitHub Actions job.
 *
 * With AWS_ENDPOINT_URL, it runs against the embedded cloud, as in CI.
 */

const ESTIMATE = `This deploys one stack for about half an hour: a bucket, a user pool, a function, a distribution and a KMS key.
It creates a role with the operator's policy, and runs all commands under it.
At list prices of 2026, it costs less than 0.05 USD, including the KMS key (1 USD a month, billed by the hour; its last 7 days are free).`;

// Turns off the SDK's warning about Node 20.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const { values } = parseArgs({
  options: {
    yes: { type: 'boolean', short: 'y', default: false },
    only: { type: 'string', multiple: true },
    without: { type: 'string', multiple: true, default: [] },
    output: { type: 'string' },
  },
});

/** @throws {Error} for a name that is not a probe */
function refuseUnknown(only: readonly string[] = []): void {
  const unknown = only.find((name) => !PROBES.some((probe) => probe.name === name));
  if (unknown === undefined) return;
  throw new Error(`There is no probe “${unknown}”. Probes: ${PROBES.map(({ name }) => name).join(', ')}.`);
}

async function confirmed(account: string): Promise<boolean> {
  if (values.yes) return true;
  if (!stdin.isTTY) throw new Error('This needs confirmation. Add --yes.');
  const terminal = createInterface({ input: stdin, output: stderr });
  try {
    return (
      (await terminal.question(`Deploy into the account ${account}? Type its id to continue: `)) === account
    );
  } finally {
    terminal.close();
  }
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

/** Returns the verdicts of the probes that this run leaves out. */
function skippedProbes(target: Results['target']): readonly Verdict[] {
  return PROBES.flatMap((probe): readonly Verdict[] => {
    const reason = reasonNotToRun(probe, { target, only: values.only, env: process.env });
    const { name, claim, expected } = probe;
    return reason === undefined ? [] : [{ name, claim, expected, verdict: 'not run', reason }];
  });
}

/** Runs probes, and adds their verdicts. Those that change the deployment run last, one at a time. */
async function runProbes(probes: readonly Probe[], world: LiveWorld, verdicts: Verdict[]): Promise<void> {
  const judged = (probe: Probe) => {
    stderr.write(`${probe.name}…\n`);
    return runProbe(probe, world);
  };
  verdicts.push(...(await Promise.all(probes.filter(({ changes }) => changes !== true).map(judged))));
  for (const probe of probes.filter(({ changes }) => changes === true)) {
    if (world.signal.aborted) return;
    verdicts.push(await judged(probe));
  }
}

/** Returns a stack's name, which has at most 29 characters. */
function newStackName(now: Date): string {
  const day = now.toISOString().slice(2, 10).replaceAll('-', '');
  return `${STACK_PREFIX}${day}-${randomBytes(3).toString('hex').slice(0, 5)}`;
}

async function main(): Promise<number> {
  refuseUnknown(values.only);
  const account = await requireAccount(process.env.EDGE_UPLOAD_LIVE);
  const target = process.env.AWS_ENDPOINT_URL === undefined ? 'aws' : 'embedded';
  stderr.write(`${ESTIMATE}\n`);
  if (!(await confirmed(account))) return 1;
  const now = new Date();
  const stackName = newStackName(now);
  const expires = new Date(now.getTime() + RUN_HOURS * 3_600_000);
  const { home, run } = await openHome(process.env);
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    version: string;
  };
  const skipped = skippedProbes(target);
  const probes = PROBES.filter(({ name }) => !skipped.some((one) => one.name === name));
  const verdicts: Verdict[] = [];
  let known: Readonly<Record<string, string | undefined>> = {
    account,
    'secret key': process.env.AWS_SECRET_ACCESS_KEY,
    'session token': process.env.AWS_SESSION_TOKEN,
    home,
  };
  const { signal } = stop;
  let operator: Operator | undefined;
  let world: LiveWorld | undefined;
  let denied: DeniedCall | undefined;
  let destroyed = false;
  try {
    operator = await openOperator(run, { account, stackName, expires, without: values.without });
    const opened = await openWorld(operator, { stackName, expires, signal });
    world = opened;
    const { secrets, bucket, userPoolId, url } = opened;
    known = { ...known, ...secrets, bucket, pool: userPoolId, edge: url, host: new URL(url).host };
    await runProbes(probes, opened, verdicts);
    if (!signal.aborted) destroyed = await destroy(operator.run, stackName, signal);
  } catch (error) {
    if (signal.aborted) stderr.write('Stopped.\n');
    else if (error instanceof DeniedCall) {
      denied = error;
      stderr.write(`error: ${error.message}\n`);
    } else throw error;
  } finally {
    world?.close();
    await cleanUp(run, operator, stackName, { destroyed, signal });
    await rm(home, { recursive: true, force: true });
  }
  const results: Results = {
    at: now.toISOString(),
    target,
    version,
    verdicts: [
      ...verdicts,
      ...skipped,
      policyVerdict(denied, values.only === undefined && destroyed && !signal.aborted),
    ],
  };
  const redact = createRedactor({ ...known, ...operator?.secrets() });
  const file = values.output ?? defaultFile(results);
  await writeResults(file, results, redact);
  stdout.write(`${verdictLines(results, redact).join('\n')}\n\nResults: ${file}\n`);
  if (signal.aborted) return 130;
  return denied === undefined && verdicts.every(({ verdict }) => verdict === 'confirmed') ? 0 : 1;
}

/** Deletes the operator's role, and a stack that is still there. After Ctrl-C, says how to delete them. */
async function cleanUp(
  run: CommandLine,
  operator: Operator | undefined,
  stackName: string,
  { destroyed, signal }: { readonly destroyed: boolean; readonly signal: AbortSignal },
): Promise<void> {
  if (signal.aborted) {
    stderr.write(`Interrupted: ${stackName} was not deleted. Delete it with: npm run live:sweep -- --all\n`);
    return;
  }
  // Uses the account's own permissions, because the operator's may be the reason for the failure.
  if (operator !== undefined && !destroyed) await destroy(run, stackName, signal);
  await operator?.close();
}

/** Returns whether the stack is deleted. CloudFront can keep copies of its function for hours. */
async function destroy(run: CommandLine, stackName: string, signal: AbortSignal): Promise<boolean> {
  const { code } = await run(['destroy', '--yes', '--stack-name', stackName], { aloud: true, signal });
  if (code !== 0 && !signal.aborted) {
    stderr.write(`${stackName} was not deleted. Delete it later with: npm run live:sweep\n`);
  }
  return code === 0;
}

process.exitCode = await main().catch((error: unknown) => {
  stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});
