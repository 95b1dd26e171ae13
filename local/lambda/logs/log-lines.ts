import { version as nodeVersion } from 'node:process';
import type { Invocation } from '../messages.ts';

/** The starting environment. */
export interface Beginning {
  readonly runtime: string;
  readonly functionName: string;
  readonly version: string;
}

/** Facts about a completed invocation. Times in milliseconds, memory in MB. */
export interface Report {
  readonly requestId: string;
  readonly outcome: Invocation;
  readonly duration: number;
  readonly memorySize: number;
  /** Absent if the system does not report it. */
  readonly memoryUsed: number | undefined;
  /** Present for an environment's first invocation. */
  readonly initDuration: number | undefined;
}

/** Formats the lines that Lambda itself adds to a function's log. */
export interface SystemLines {
  initStarted(beginning: Beginning, at: Date): string[];
  started(requestId: string, version: string, at: Date): string[];
  ended(report: Report, at: Date): string[];
  /** Logs that the code could not be loaded. Duration in milliseconds. */
  initFailed(outcome: Invocation, duration: number, at: Date): string[];
}

/** Lambda's lines in plain text: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html */
export const textLines: SystemLines = {
  initStarted: ({ runtime }) => [`INIT_START Runtime Version: ${runtime}, here on Node.js ${nodeVersion}\n`],
  started: (requestId, version) => [`START RequestId: ${requestId} Version: ${version}\n`],
  ended: (report, at) => [
    ...failureLines(report, at),
    `END RequestId: ${report.requestId}\n`,
    reportLine(report),
  ],
  initFailed(outcome, duration, at) {
    const [type, message] =
      outcome.outcome === 'failed' ? [outcome.errorType, outcome.message] : ['Sandbox.Timedout', ''];
    const status = outcome.outcome === 'timed-out' ? 'timeout' : 'error';
    return [
      `${at.toISOString()}\tundefined\tERROR\tUncaught Exception \t${errorJson(type, message)}\n`,
      `INIT_REPORT Init Duration: ${duration.toFixed(2)} ms\tPhase: init\tStatus: ${status}\tError Type: ${type}\n`,
    ];
  },
};

function failureLines({ requestId, outcome }: Report, at: Date): string[] {
  switch (outcome.outcome) {
    case 'returned':
      return [];
    case 'timed-out':
      return [
        `${at.toISOString()} ${requestId} Task timed out after ${outcome.seconds.toFixed(2)} seconds\n\n`,
      ];
    case 'failed': {
      const { errorType, message } = outcome;
      if (errorType === 'Runtime.ExitError' || errorType === 'Runtime.OutOfMemory') {
        return [`RequestId: ${requestId} Error: ${message}\n${errorType}\n`];
      }
      return [`${at.toISOString()}\t${requestId}\tERROR\tInvoke Error \t${errorJson(errorType, message)}\n`];
    }
  }
}

function reportLine({ requestId, outcome, duration, memorySize, memoryUsed, initDuration }: Report): string {
  const used = memoryUsed === undefined ? undefined : Math.min(memorySize, Math.ceil(memoryUsed));
  const members = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${duration.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(duration)} ms`,
    `Memory Size: ${memorySize} MB`,
    ...(used === undefined ? [] : [`Max Memory Used: ${used} MB`]),
    ...(initDuration === undefined ? [] : [`Init Duration: ${initDuration.toFixed(2)} ms`]),
    ...(outcome.outcome === 'timed-out' ? ['Status: timeout'] : []),
  ];
  return `${members.join('\t')}\t\n`;
}

function errorJson(errorType: string, errorMessage: string): string {
  return JSON.stringify({ errorType, errorMessage });
}
