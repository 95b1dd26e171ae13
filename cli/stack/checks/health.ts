import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { type Caller, callerIdentity, callerWords } from '../caller.ts';
import { findStack, isWhole, type StackWork } from '../find-stack.ts';
import { bucketCheck } from './bucket.ts';
import type { Check } from './check.ts';
import { driftCheck } from './drift.ts';
import { issuersCheck } from './issuer-keys.ts';
import { encryptionKeyCheck } from './kms-key.ts';
import { accountChecks, refuseForeign } from './preflight.ts';
import { signingKeyCheck } from './signing-key.ts';

/** Checks that the stack exists and that its last operation succeeded. */
function healthCheck(work: StackWork): Check {
  const { stackName } = work;
  return {
    name: 'stack',
    run: async () => {
      const stack = await findStack(work);
      if (stack === undefined) {
        throw new UserError(
          'stack_missing',
          `There is no stack “${stackName}”, though this computer knows it.`,
          {
            hint: [
              'Deploy it again, or forget it:',
              command`edge-upload deploy`,
              command`edge-upload destroy`,
            ],
          },
        );
      }
      refuseForeign(work, stack);
      const { status, reason } = stack;
      if (isWhole(stack) || status.endsWith('_IN_PROGRESS')) {
        const failed = status === 'UPDATE_ROLLBACK_COMPLETE' ? '; the last update failed and was undone' : '';
        return { found: `${stackName} is ${status}${failed}` };
      }
      const why = reason === undefined ? '' : `: ${reason.replace(/[.\s]+$/, '')}`;
      throw new UserError('stack_failed', `The stack “${stackName}” is ${status}${why}.`, {
        hint: status.startsWith('DELETE')
          ? ['Finish the deletion:', command`edge-upload destroy`]
          : ['Fix it with:', command`edge-upload deploy`],
      });
    },
  };
}

/** Returns the checks of a deployment by `doctor`. */
export function stackHealth(work: StackWork): Check[] {
  let caller: Caller | undefined;
  const credentials: Check = {
    name: 'credentials',
    run: async () => {
      caller = await callerIdentity(work);
      return { found: callerWords(caller) };
    },
  };
  return [
    credentials,
    healthCheck(work),
    ...(work.local === undefined ? accountChecks(work, () => caller) : []),
    bucketCheck(work),
    driftCheck(work),
    issuersCheck(work),
    ...(work.local === undefined ? [encryptionKeyCheck(work)] : []),
    signingKeyCheck(work),
  ];
}
