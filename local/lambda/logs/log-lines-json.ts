import { omitUndefined } from '../../../protocol/fields.ts';
import type { Invocation } from '../messages.ts';
import type { Beginning, Report, SystemLines } from './log-lines.ts';

export type SystemLogLevel = 'DEBUG' | 'INFO' | 'WARN';

/** Most detailed first. */
const LEVELS: readonly SystemLogLevel[] = ['DEBUG', 'INFO', 'WARN'];

/**
 * Formats Lambda's log events for a function whose LogFormat is JSON: each is an object of time, type and record.
 * Events below the function's system log level are omitted.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html#monitoring-cloudwatchlogs-log-level-mapping
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
 */
export function jsonLines(level: SystemLogLevel): SystemLines {
  const event = (
    at: Date,
    eventLevel: SystemLogLevel,
    type: string,
    record: Readonly<Record<string, unknown>>,
  ): string[] =>
    LEVELS.indexOf(eventLevel) < LEVELS.indexOf(level)
      ? []
      : [`${JSON.stringify({ time: at.toISOString(), type: `platform.${type}`, record })}\n`];
  return {
    initStarted: ({ runtime, functionName, version }: Beginning, at) =>
      event(at, 'INFO', 'initStart', {
        initializationType: 'on-demand',
        phase: 'init',
        runtimeVersion: runtime,
        functionName,
        functionVersion: version,
      }),
    started: (requestId, version, at) => event(at, 'INFO', 'start', { requestId, version }),
    ended(report, at) {
      const { requestId, outcome, duration } = report;
      const status = statusOf(outcome);
      const failed = outcome.outcome === 'failed' ? { errorType: outcome.errorType } : {};
      const common = { requestId, status, ...failed };
      const well = status === 'success';
      return [
        ...failureLines(report, at),
        ...event(at, well ? 'DEBUG' : 'WARN', 'runtimeDone', {
          ...common,
          metrics: { durationMs: rounded(duration) },
        }),
        ...event(at, well ? 'INFO' : 'WARN', 'report', { ...common, metrics: metricsOf(report) }),
      ];
    },
    initFailed(outcome, duration, at) {
      const status = outcome.outcome === 'timed-out' ? 'timeout' : 'error';
      const errorType = outcome.outcome === 'failed' ? outcome.errorType : 'Sandbox.Timedout';
      return [
        ...errorLine(at, undefined, outcome),
        ...event(at, 'WARN', 'initReport', {
          initializationType: 'on-demand',
          phase: 'init',
          status,
          errorType,
          metrics: { durationMs: rounded(duration) },
        }),
      ];
    },
  };
}

function statusOf({ outcome }: Invocation): 'success' | 'error' | 'timeout' {
  if (outcome === 'returned') return 'success';
  return outcome === 'failed' ? 'error' : 'timeout';
}

function metricsOf({ duration, memorySize, memoryUsed, initDuration }: Report): object {
  return {
    durationMs: rounded(duration),
    billedDurationMs: Math.ceil(duration),
    memorySizeMB: memorySize,
    ...(memoryUsed === undefined ? {} : { maxMemoryUsedMB: Math.min(memorySize, Math.ceil(memoryUsed)) }),
    ...(initDuration === undefined ? {} : { initDurationMs: rounded(initDuration) }),
  };
}

/** A failure that the runtime logs is an application log; how a process ended is only in `platform.report`. */
function failureLines({ requestId, outcome }: Report, at: Date): string[] {
  const isOfProcess =
    outcome.outcome !== 'failed' || /^Runtime\.(ExitError|OutOfMemory)$/.test(outcome.errorType);
  return isOfProcess ? [] : errorLine(at, requestId, outcome);
}

function errorLine(at: Date, requestId: string | undefined, outcome: Invocation): string[] {
  if (outcome.outcome !== 'failed') return [];
  const { errorType, message } = outcome;
  return [
    `${JSON.stringify({
      timestamp: at.toISOString(),
      level: 'ERROR',
      ...omitUndefined({ requestId }),
      message: { errorType, errorMessage: message },
    })}\n`,
  ];
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
