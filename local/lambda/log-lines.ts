import type { Invocation } from './invocation.ts';

/** What is known of one invocation when it has ended. Times in milliseconds, memory in MB. */
export interface Report {
  readonly requestId: string;
  readonly outcome: Invocation;
  readonly duration: number;
  readonly memorySize: number;
  /** Absent where the system does not tell. */
  readonly memoryUsed: number | undefined;
  /** Of an environment's first invocation. */
  readonly initDuration: number | undefined;
}

/** What Lambda writes at the end of an invocation: how it failed, END and REPORT. */
export function reportLines(report: Report, at: Date): string[] {
  const { requestId, outcome } = report;
  return [...failureLines(requestId, outcome, at), `END RequestId: ${requestId}\n`, reportLine(report)];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html */
function failureLines(requestId: string, outcome: Invocation, at: Date): string[] {
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

/** What is written when the code could not even be loaded. */
export function initFailureLines(outcome: Invocation, duration: number, at: Date): string[] {
  const [type, message] =
    outcome.outcome === 'failed' ? [outcome.errorType, outcome.message] : ['Sandbox.Timedout', ''];
  const status = outcome.outcome === 'timed-out' ? 'timeout' : 'error';
  return [
    `${at.toISOString()}\tundefined\tERROR\tUncaught Exception \t${errorJson(type, message)}\n`,
    `INIT_REPORT Init Duration: ${duration.toFixed(2)} ms\tPhase: init\tStatus: ${status}\tError Type: ${type}\n`,
  ];
}

function errorJson(errorType: string, errorMessage: string): string {
  return JSON.stringify({ errorType, errorMessage });
}
