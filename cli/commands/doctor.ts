import { isDeepStrictEqual } from 'node:util';
import { CommandLine, command, type HintLine } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import { connectionChecks } from '../doctor/connection.ts';
import { edgeChecks } from '../doctor/edge.ts';
import { EXIT, isUserError, UserError } from '../errors.ts';
import type { JsonValue } from '../json-value.ts';
import { resolveTarget, type Target } from '../settings/target.ts';
import { type Check, type Checked, runCheck } from '../stack/checks/check.ts';
import { stackHealth } from '../stack/checks/health.ts';
import { count } from '../ui/format.ts';
import type { Text, TextLine } from '../ui/shown.ts';
import {
  findTarget,
  NOTHING_OF_YOURS,
  type OperatorArgs,
  type OperatorTarget,
  withStack,
} from './operator.ts';

/** Runs every check, and prints for each failed one the command that fixes it. */
export async function doctor(context: Context, args: OperatorArgs): Promise<Result> {
  const checked: Checked[] = [];
  const mine = await operated(context, args);
  const reasons = new Set<string>();
  const run = async (checks: readonly Check[]) => {
    for (const check of checks) {
      const found = await runCheck(check);
      // Uploaders show such a hint to the operator, whose checks did not run.
      const one = 'skipped' in mine ? found : withoutDoctor(found);
      checked.push(one);
      // With --json all of them are one document.
      if (!context.options.json)
        context.ui.event({ type: 'row', text: lines(one, reasons, context), document: {} });
    }
  };
  if ('skipped' in mine) await run([{ name: 'credentials', run: async () => mine }]);
  else await withStack(context, mine, args, (work) => run(stackHealth(work)));
  const target = await edgeTarget(context);
  if ('skipped' in target) await run([{ name: 'edge', run: async () => target }]);
  else await run([...connectionChecks(context, target), ...edgeChecks(context, target)]);
  return summary(checked, context);
}

const DOCTOR = command`edge-upload doctor`;

/** Removes the hint to run this command from a failed check, with the sentence that introduces the command. */
function withoutDoctor(checked: Checked): Checked {
  if (checked.state !== 'failed') return checked;
  const { code, message, hintLines, cause } = checked.error;
  const isDoctor = (line: HintLine | undefined) =>
    line instanceof CommandLine && isDeepStrictEqual(line.words, DOCTOR.words);
  const hint = hintLines.filter((line, at) => !isDoctor(line) && !isDoctor(hintLines[at + 1]));
  return { ...checked, error: new UserError(code, message, { hint, cause }) };
}

interface Skipped {
  readonly skipped: string;
}

/** The operator's deployment; skipped by an uploader, whose edge is checked alone. */
async function operated(context: Context, args: OperatorArgs): Promise<OperatorTarget | Skipped> {
  try {
    return (await findTarget(context, args)) ?? { skipped: NOTHING_OF_YOURS };
  } catch (error) {
    if (!isUserError(error) || error.code !== 'no_deployment') throw error;
    // Without an edge either, the user must choose a deployment first.
    await resolveTarget(context);
    return { skipped: error.message };
  }
}

async function edgeTarget(context: Context): Promise<Target | Skipped> {
  try {
    return await resolveTarget(context);
  } catch (error) {
    if (!isUserError(error) || error.code !== 'no_deployment') throw error;
    return { skipped: error.message };
  }
}

const MARKS = { ok: 'done', skipped: 'skipped', failed: 'failed' } as const;
/** In a pipe. */
const WORDS = { ok: 'ok', skipped: '-', failed: 'FAILED' } as const;

/** @param reasons Messages that were already shown. A proxy that refuses fails every check, and is reported once. */
function lines(checked: Checked, reasons: Set<string>, { inUse }: Context): TextLine[] {
  const { name, state } = checked;
  const head = name.padEnd(16);
  const reason = state === 'failed' ? checked.error.message : checked.detail;
  const isKnown = state === 'failed' && reasons.has(reason);
  reasons.add(reason);
  const text = isKnown ? 'for the same reason' : reason;
  const hints = state === 'failed' && !isKnown ? inUse.lines(checked.error.hintLines) : [];
  return [
    { mark: MARKS[state], head, text, plain: `${WORDS[state].padEnd(8)}${head}${text}` },
    ...hints.map((hint) => `    ${hint}`),
  ];
}

function summary(checked: readonly Checked[], { inUse }: Context): Result {
  const failed = checked.flatMap((one) => (one.state === 'failed' ? [one.error] : []));
  const checks: JsonValue[] = checked.map((one) =>
    one.state === 'failed'
      ? {
          name: one.name,
          state: one.state,
          error: { code: one.error.code, message: one.error.message, hint: one.error.hintFor(inUse) },
        }
      : { name: one.name, state: one.state, detail: one.detail },
  );
  const passed = checked.some(({ state }) => state === 'ok');
  return {
    // If nothing was checked, the state is unknown.
    document: { healthy: failed.length > 0 ? false : passed ? true : null, checks },
    text: verdict(checked),
    exitCode: failed[0]?.exitCode ?? EXIT.done,
  };
}

function verdict(checked: readonly Checked[]): Text {
  const amount = (state: Checked['state']) => checked.filter((one) => one.state === state).length;
  const failed = amount('failed');
  if (failed > 0) return `${count(failed, 'check')} failed.`;
  if (amount('ok') > 0) {
    const skipped = amount('skipped');
    return `${count(amount('ok'), 'check')} passed${skipped === 0 ? '' : `, ${skipped} skipped`}.`;
  }
  return [
    'Nothing was checked: there is no deployment on this computer.',
    'Uploaders sign in first, operators deploy or name the stack:',
    command`edge-upload login <url>`,
    command`edge-upload doctor --stack-name <name>`,
  ];
}
