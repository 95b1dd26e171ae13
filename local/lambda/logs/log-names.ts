import { randomBytes } from 'node:crypto';
import type { Configuration } from '../model.ts';

/** The group that a function logs to unless its LoggingConfig names another. */
export function defaultLogGroup(functionName: string): string {
  return `/aws/lambda/${functionName}`;
}

/**
 * The group of a function's copies at the edge: the one that its LoggingConfig names, or one named after its home.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html
 */
export function logGroupAtEdge(functionName: string, { logGroup }: Configuration): string {
  return logGroup === defaultLogGroup(functionName) ? `/aws/lambda/us-east-1.${functionName}` : logGroup;
}

/** A name as Lambda gives its streams: `2026/11/23/[3]` and 32 hexadecimal digits. */
export function logStreamName(now: Date, version: string): string {
  return `${now.toISOString().slice(0, 10).replaceAll('-', '/')}/[${version}]${randomBytes(16).toString('hex')}`;
}
