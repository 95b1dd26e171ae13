import { randomBytes } from 'node:crypto';
import type { Configuration } from '../model.ts';

/** Returns a function's default log group, used unless its LoggingConfig names another. */
export function defaultLogGroup(functionName: string): string {
  return `/aws/lambda/${functionName}`;
}

/**
 * Returns the log group of a function's replicas: the one in its LoggingConfig, or one named after its home Region.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html
 */
export function logGroupAtEdge(functionName: string, { logGroup }: Configuration): string {
  return logGroup === defaultLogGroup(functionName) ? `/aws/lambda/us-east-1.${functionName}` : logGroup;
}

/** Generates a stream name like Lambda's: `2026/11/23/[3]` and 32 hexadecimal digits. */
export function logStreamName(now: Date, version: string): string {
  return `${now.toISOString().slice(0, 10).replaceAll('-', '/')}/[${version}]${randomBytes(16).toString('hex')}`;
}
