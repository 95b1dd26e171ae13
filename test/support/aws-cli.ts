import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** For AWS's tools: the well-known root keys of an embedded cloud, and nothing of the person who runs the tests. */
export const AWS_TOOL_ENV = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/**
 * Returns a function that runs the AWS CLI for one service: it returns the JSON document that was printed, else the text,
 * and rejects as `execFile` does.
 */
export function awsCli(endpoint: string, service: string, env: Readonly<Record<string, string>> = {}) {
  return async (...parameters: readonly string[]) => {
    const args = ['--endpoint-url', endpoint, '--output', 'json', service, ...parameters];
    const { stdout } = await promisify(execFile)('aws', args, { env: { ...AWS_TOOL_ENV, ...env } });
    return stdout.startsWith('{') ? JSON.parse(stdout) : stdout;
  };
}
