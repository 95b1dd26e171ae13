import { sameCommand } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { resourceName } from '../../ui/resource-words.ts';
import type { OptionChange } from '../options/describe-options.ts';
import type { StackWork } from '../stack-work.ts';
import type { PlannedChange } from './change-set.ts';
import { losses, type PlannedStep, planLines } from './plan-words.ts';

/** The question before a change, and the plans it showed. */
export interface Agreement {
  readonly agree: (plan: PlannedChange, next: NextStep | undefined) => Promise<boolean>;
  readonly steps: readonly PlannedStep[];
  /** The plans as text. */
  readonly lines: readonly string[];
}

/** What a later step of the same deploy changes. CloudFormation can plan it only then. */
export type NextStep = keyof typeof FOLLOWS;

const FOLLOWS = {
  edge: '  then the edge: its function, a role for it, the CloudFront distribution',
  verifying: '  then the edge function, which verifies what the signing key signs',
};

/** Returns the error for a loss of data, which `--yes` does not confirm. */
function losesData(lost: readonly PlannedStep[]): UserError {
  const what = lost.map(({ type, loses }) => `the ${resourceName(type)} (${loses})`);
  return new UserError('usage', `The change loses data: ${what.join(', ')}. Nothing was changed.`, {
    hint: [
      'If that is meant:',
      sameCommand`--yes --allow-data-loss`,
      'Otherwise see which option causes it:',
      sameCommand`--dry-run`,
    ],
  });
}

interface Asking {
  readonly yes: boolean;
  readonly dryRun: boolean;
  /** `--allow-data-loss` was given. */
  readonly allowDataLoss: boolean;
  readonly options: readonly OptionChange[];
}

/**
 * Shows each plan and asks once for a deploy, and again if a later step loses data. In the embedded cloud, which costs
 * nothing, it asks only before losses.
 */
export function createAgreement(work: StackWork, { yes, dryRun, allowDataLoss, options }: Asking): Agreement {
  const { context, local, stackName } = work;
  const { ui } = context;
  const all: PlannedStep[] = [];
  const told: string[] = [];
  let agreed = yes;
  return {
    steps: all,
    lines: told,
    async agree({ steps, to }, next) {
      const isFirst = all.length === 0;
      all.push(...steps);
      const lost = losses(steps);
      const what = to === 'EXISTING' ? 'Changes to the stack' : 'Plan for the new stack';
      const where = local === undefined ? STACK_REGION : 'the embedded cloud';
      if (isFirst || lost.length > 0) {
        const lines = [
          `${what} ${stackName} in ${where}:`,
          ...planLines(steps, isFirst ? options : [], { isCharged: local === undefined }),
          ...(next === undefined ? [] : [FOLLOWS[next]]),
        ];
        told.push(...lines);
        if (!dryRun) ui.event({ type: 'note', text: lines });
      }
      for (const { what: how, loses, type } of lost) {
        const name = resourceName(type).toUpperCase();
        ui.event({
          type: 'warning',
          text: `THE ${name} IS ${how === 'remove' ? 'REMOVED' : 'REPLACED'}: ${loses}.`,
        });
      }
      if (dryRun) return false;
      if (lost.length > 0 && !allowDataLoss && (yes || !ui.interactive)) throw losesData(lost);
      if (agreed && (yes || lost.length === 0)) return true;
      if (local !== undefined && lost.length === 0) return true;
      agreed = await ui.confirm(lost.length === 0 ? 'Continue?' : 'Continue, and lose that?', '--yes');
      return agreed;
    },
  };
}
