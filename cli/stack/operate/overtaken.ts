import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { onAws } from '../aws-failures.ts';
import type { StackWork } from '../stack-work.ts';

/**
 * How CloudFormation answers a request about a change set after another operation of the stack has started, which removes
 * or outdates all change sets. It has codes only for change sets.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
 */
const CODES = ['ChangeSetNotFoundException', 'InvalidChangeSetStatusException'];
const WORDS =
  /^(Stack|ChangeSet)\b.*(does not exist|can not be updated|already exists and cannot be created)/s;

/** Whether a request failed because somebody else changed or deleted the stack meanwhile. */
export function isOvertaken(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return CODES.includes(error.name) || (error.name === 'ValidationError' && WORDS.test(error.message));
}

/** Returns the error for a change that somebody else's change or deletion of the stack has overtaken. */
export function overtaken(work: StackWork, cause?: unknown): UserError {
  return new UserError(
    'stack_failed',
    `Something else deployed or deleted the stack “${work.stackName}” meanwhile.`,
    {
      hint: [
        'Its change stays. This one was made in part, or not at all. See what is deployed, then run the same command again:',
        command`edge-upload status`,
      ],
      ...(cause !== undefined && { cause }),
    },
  );
}

/** Runs a request about a planned change. */
export function onPlan<T>(work: StackWork, doing: string, run: () => Promise<T>): Promise<T> {
  return onAws(doing, async () => {
    try {
      return await run();
    } catch (error) {
      throw isOvertaken(error) ? overtaken(work, error) : error;
    }
  });
}
