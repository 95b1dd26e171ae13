import { randomBytes } from 'node:crypto';

/**
 * The group of a function's copies at the edge, named after its home:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html
 */
export function edgeLogGroup(functionName: string): string {
  return `/aws/lambda/us-east-1.${functionName}`;
}

/** A name as Lambda gives its streams: `2026/11/23/[3]` and 32 hexadecimal digits. */
export function logStreamName(now: Date, version: string): string {
  return `${now.toISOString().slice(0, 10).replaceAll('-', '/')}/[${version}]${randomBytes(16).toString('hex')}`;
}
