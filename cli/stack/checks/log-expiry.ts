import { command } from '../../command-line.ts';
import { count } from '../../ui/format.ts';
import type { StackWork } from '../find-stack.ts';
import { findEdgeLogGroups, inRegions, LOG_RETENTION_DAYS, regionsByReason } from '../logs/log-groups.ts';
import type { Check, StackSnapshot } from './check.ts';

/**
 * Checks that the edge's logs expire. Lambda creates a log group without an expiry wherever the function first runs, so a
 * missing one is a warning: it appears without anybody's mistake. A region that is not read is named, and fails no check.
 */
export function logExpiryCheck(work: StackWork, snapshot: StackSnapshot): Check {
  return {
    name: 'logs',
    run: async () => {
      const { status = '', outputs: { edgeFunction } = {} } = (await snapshot.stack()) ?? {};
      if (edgeFunction === undefined) return { skipped: 'the stack has no edge function' };
      if (status.startsWith('DELETE')) return { skipped: 'the stack is being deleted' };
      const { found, refused, failed } = await findEdgeLogGroups(work, edgeFunction);
      const unread = [
        ...(refused.length === 0 ? [] : [`not allowed in ${inRegions(refused)} (logs:DescribeLogGroups)`]),
        ...[...regionsByReason(failed)].map(
          ([reason, regions]) => `not read in ${inRegions(regions)}: ${reason.replace(/\.$/, '')}`,
        ),
      ];
      if (found.length === 0 && unread.length > 0) return { skipped: unread.join('; ') };
      if (found.length === 0) return { skipped: 'the edge has not logged yet' };
      const days = new Map<number | undefined, string[]>();
      for (const { region, retentionInDays } of found)
        days.set(retentionInDays, [...(days.get(retentionInDays) ?? []), region]);
      const endless = days.get(undefined);
      if (endless !== undefined) {
        const text = [
          `The edge's logs never expire in ${endless.join(', ')}. To keep them ${LOG_RETENTION_DAYS} days:`,
          command`edge-upload deploy`,
        ];
        work.context.ui.event({ type: 'warning', text });
      }
      const words = [...days].map(
        ([retention, regions]) =>
          `${retention === undefined ? 'no expiry' : `expire after ${count(retention, 'day')}`} in ${regions.join(', ')}`,
      );
      return { found: [...words, ...unread].join('; ') };
    },
  };
}
