import { isUserError } from '../../errors.ts';
import type { StackOutputs } from '../find-stack.ts';
import type { StackWork } from '../stack-work.ts';
import { expireEdgeLogs } from './edge-logs.ts';

/** Sets the edge's logs to expire. A failure is a warning: the edge serves, and the next deploy tries again. */
export async function keepLogsBounded(work: StackWork, { edgeFunction }: StackOutputs): Promise<void> {
  if (edgeFunction === undefined) return;
  try {
    const refused = await expireEdgeLogs(work, edgeFunction);
    if (refused.length === 0) return;
    work.context.ui.event({
      type: 'warning',
      text: `The edge's logs do not expire in ${refused.join(', ')}: logs:PutRetentionPolicy is not allowed.`,
    });
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    work.context.ui.event({ type: 'warning', text: `The edge's logs do not expire yet: ${error.message}` });
  }
}
