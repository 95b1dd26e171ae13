import { command } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import { interrupted, UserError } from '../errors.ts';
import { pause } from '../network/cancellation.ts';
import { timeAtAws } from '../stack/aws-calls.ts';
import { missingPart, requireStack, type StackWork } from '../stack/find-stack.ts';
import { type EdgeLogLine, edgeLogLines } from '../stack/logs/edge-logs.ts';
import { LOG_REGIONS } from '../stack/logs/log-groups.ts';
import { count, formatMinute } from '../ui/format.ts';
import { type StyledLine, visible } from '../ui/shown.ts';
import { type OperatorArgs, requireTarget, withStack } from './operator.ts';

export interface LogsArgs extends OperatorArgs {
  /** Such as `30m`, `1h`, `2d`, or a time such as `2026-11-23 12:00`. */
  readonly since?: string;
  readonly follow?: boolean;
  /** Also prints Lambda's own lines about each call. */
  readonly all?: boolean;
  /** Shows whole request ids. */
  readonly verbose?: boolean;
  /** Regions to search besides those that are enabled in every account. */
  readonly region?: readonly string[];
}

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Lines appear in CloudWatch with a delay. This far back is searched again. */
const LATE_MS = 60_000;
const AWS_POLL_MS = 5_000;
const LOCAL_POLL_MS = 200;

/** Shows the log lines of the edge function from all regions, merged by time. */
export async function logs(context: Context, args: LogsArgs): Promise<Result> {
  const typed = args.since ?? '1h';
  // Before any request, so that an invalid value is reported at once.
  startOf(typed, context.now());
  return withStack(context, await requireTarget(context, args), args, async (work) => {
    const stack = await requireStack(work);
    const { edgeFunction } = stack.outputs;
    const since = startOf(typed, timeAtAws(work));
    if (edgeFunction === undefined) throw missingPart(work, stack, 'edge function');
    const regions = [...LOG_REGIONS, ...(args.region ?? [])];
    const shown = await show(
      work,
      { functionName: edgeFunction, regions, since },
      args,
      context.options.json,
    );
    return {
      document: { type: 'summary', function: edgeFunction, since: since.toISOString(), lines: shown },
    };
  });
}

/** RFC 3339, whose end can be omitted. https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

/** Returns the typed time. Without an offset it is in UTC, like all times that commands print. */
function startOf(typed: string, now: Date): Date {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(typed) ?? [];
  const [, day, time = '00:00', offset = 'Z'] = TIME.exec(typed) ?? [];
  const start =
    amount === undefined
      ? new Date(`${day}T${time}${offset}`)
      : new Date(Math.max(0, now.getTime() - Number(amount) * UNITS[unit as keyof typeof UNITS]));
  if (!Number.isNaN(start.getTime())) return start;
  throw new UserError('usage', `Invalid value for --since: “${typed}”.`, {
    hint: 'Use a duration, such as 30m, 1h or 2d, or a UTC time, such as 2026-11-23T12:00.',
  });
}

async function show(
  work: StackWork,
  query: Parameters<typeof edgeLogLines>[1],
  { follow = false, all = false, verbose = false }: LogsArgs,
  json: boolean,
): Promise<number> {
  const { ui, signal } = work.context;
  const seen = new Map<string, number>();
  let lines = 0;
  let newest = query.since.getTime();
  const showLine = (line: EdgeLogLine) => {
    newest = Math.max(newest, line.at.getTime());
    if (seen.has(line.id)) return;
    if (follow) seen.set(line.id, line.at.getTime());
    if (!all && line.isPlatform) return;
    if (lines === 0 && !json) ui.event({ type: 'row', text: HEADER, document: {} });
    ui.event({ type: 'row', ...row(line, verbose) });
    lines += 1;
  };
  let { since } = query;
  for (;;) {
    for await (const line of edgeLogLines(work, { ...query, since })) {
      if (signal.aborted) throw interrupted();
      showLine(line);
    }
    if (!follow) break;
    // Uses the times of the lines, because the clock of this computer can be wrong.
    since = new Date(Math.max(query.since.getTime(), newest - LATE_MS));
    for (const [id, at] of seen) if (at < since.getTime()) seen.delete(id);
    await pause(work.local === undefined ? AWS_POLL_MS : LOCAL_POLL_MS, signal, [
      'See them again with:',
      command`edge-upload logs`,
    ]);
  }
  const text = `${count(lines, 'line')} since ${formatMinute(query.since)} UTC`;
  ui.event({ type: 'note', text });
  return lines;
}

/** A line that the edge function writes for a refusal: see edge/handler.ts. */
interface RefusalLine {
  readonly edge: 'refused';
  readonly requestId?: string;
  readonly status: number;
  readonly code: string;
  readonly method: string;
  readonly fault?: string;
}

function isRefusal(value: unknown): value is RefusalLine {
  if (typeof value !== 'object' || value === null) return false;
  const { edge, status, code, method, requestId = '', fault = '' } = value as Partial<RefusalLine>;
  const texts = [code, method, requestId, fault];
  return edge === 'refused' && typeof status === 'number' && texts.every((text) => typeof text === 'string');
}

function refusalIn(text: string): RefusalLine | undefined {
  const json = text.slice(text.indexOf('{'));
  try {
    const value: unknown = JSON.parse(json);
    return isRefusal(value) ? value : undefined;
  } catch {
    // The runtime writes other lines.
    return undefined;
  }
}

/** Characters of a request's id that distinguish it from others in a list. */
const SHORT_ID = 12;

const columns = (when: string, region: string, status: string, code: string, method: string, id: string) =>
  [when.padEnd(19), region.padEnd(14), status.padEnd(6), code.padEnd(18), method.padEnd(6), id].join('  ');

const HEADER: StyledLine = {
  style: 'bold',
  text: columns('Time (UTC)', 'Region', 'Status', 'Code', 'Method', 'Request'),
};

function row({ at, region, text }: EdgeLogLine, verbose: boolean) {
  const refusal = refusalIn(text);
  const when = at.toISOString().replace('T', ' ').slice(0, 19);
  const { status, code, method, requestId = '', fault } = refusal ?? {};
  const id = verbose ? requestId : requestId.slice(0, SHORT_ID);
  return {
    text: visible(
      refusal === undefined
        ? `${when}  ${region.padEnd(14)}  ${text.replaceAll('\t', ' ')}`
        : `${columns(when, region, String(status), String(code), String(method), id)}  ${fault ?? ''}`.trimEnd(),
    ),
    document: {
      type: 'line',
      at: at.toISOString(),
      region,
      ...(refusal === undefined
        ? { text }
        : {
            refused: {
              status: refusal.status,
              code: refusal.code,
              method: refusal.method,
              requestId: refusal.requestId,
              fault: refusal.fault,
            },
          }),
    },
  };
}
