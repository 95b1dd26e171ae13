import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { type AwsCaller, callerIdentity, callerWords } from '../aws-calls.ts';
import { finishing, isWhole, type StackWork } from '../find-stack.ts';
import { bucketCheck } from './bucket.ts';
import { type Check, type StackSnapshot, stackSnapshot } from './check.ts';
import { driftCheck } from './drift.ts';
import { issuersCheck } from './issuer-keys.ts';
import { encryptionKeyCheck } from './kms-key.ts';
import { logExpiryCheck } from './log-expiry.ts';
import { accountChecks, refuseForeign } from './preflight.ts';
import { signingKeyCheck } from './signing-key.ts';

/** Checks that the stack exists and that its last operation succeeded. */
function healthCheck(work: StackWork, snapshot: StackSnapshot): Check {
  const { stackName } = work;
  return {
    name: 'stack',
    run: async () => {
      const stack = await snapshot.stack();
      if (stack === undefined) {
        throw new UserError(
          'stack_missing',
          `There is no stack “${stackName}”, but this computer has a record of it.`,
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
        hint: finishing(stack),
      });
    },
  };
}

/** Returns the checks of a deployment by `doctor`. */
export function stackHealth(work: StackWork): Check[] {
  const snapshot = stackSnapshot(work);
  let caller: AwsCaller | undefined;
  const credentials: Check = {
    name: 'credentials',
    run: async () => {
      caller = await callerIdentity(work);
      return { found: callerWords(caller) };
    },
  };
  return [
    credentials,
    healthCheck(work, snapshot),
    ...(work.local === undefined ? accountChecks(work, () => caller) : []),
    bucketCheck(work, snapshot),
    driftCheck(work, snapshot),
    logExpiryCheck(work, snapshot),
    issuersCheck(work, snapshot),
    ...(work.local === undefined ? [encryptionKeyCheck(work, snapshot)] : []),
    signingKeyCheck(work, snapshot),
  ];
}
