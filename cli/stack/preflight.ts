import { UserError } from '../errors.ts';
import { type Caller, credentialsCheck, permissionsCheck, regionsCheck } from './account.ts';
import type { Check } from './checks.ts';
import type { StackWork } from './operation.ts';
import { type FoundStack, findStack } from './stacks.ts';

/** How the description of every stack of ours begins: see infra/upload-stack.ts. */
const OURS = 'edge-upload:';

/** A stack of that name that some other tool made must not be overwritten. */
export function refuseForeign({ stackName }: StackWork, { description, status }: FoundStack): void {
  if (status === 'REVIEW_IN_PROGRESS' || description?.startsWith(OURS)) return;
  throw new UserError(
    'stack_foreign',
    `There is a stack “${stackName}” already, and edge-upload did not make it${description === undefined ? '' : ` (“${description}”)`}.`,
    { hint: 'Choose another name with --stack-name.' },
  );
}

/** The check that the stack's name is free, or the stack one of ours. */
export function stackCheck(work: StackWork): Check {
  return {
    name: 'the stack',
    run: async () => {
      const stack = await findStack(work);
      if (stack === undefined) return { found: `${work.stackName} is a new one` };
      refuseForeign(work, stack);
      if (stack.drifted) {
        work.context.ui.event({
          type: 'warning',
          text: `CloudFormation has seen changes of ${work.stackName} by other hands (drift); those that this deploy touches are overwritten.`,
        });
      }
      return { found: `${work.stackName} is ${stack.status}` };
    },
  };
}

/** What must be right before anything is changed, each leaning on those before it. */
export function preflight(work: StackWork): Check[] {
  let caller: Caller | undefined;
  const always = [
    credentialsCheck(work, (found) => {
      caller = found;
    }),
    stackCheck(work),
  ];
  return work.local === undefined
    ? [...always, regionsCheck(work), permissionsCheck(work, () => caller)]
    : always;
}
