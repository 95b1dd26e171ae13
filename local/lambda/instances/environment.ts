import { STATUS_CODES } from 'node:http';
import { builtinModules } from 'node:module';
import { arch, version, versions } from 'node:process';
import { REGION } from '../../account.ts';
import { logGroupAtEdge } from '../arn.ts';
import type { Facts } from '../guest/globals/process.ts';
import type { Constants } from '../guest/modules.ts';
import type { Configuration } from '../model.ts';

/**
 * Returns a function's `process.env`: its configured variables and the reserved names. It has no role credentials,
 * because the embedded IAM issues none.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function environmentOf(
  name: string,
  version: string,
  configuration: Configuration,
): Record<string, string> {
  return {
    ...configuration.environment,
    _HANDLER: configuration.handler,
    AWS_DEFAULT_REGION: REGION,
    AWS_EXECUTION_ENV: `AWS_Lambda_${configuration.runtime}`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.memorySize),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: version,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_FORMAT: configuration.logFormat,
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupAtEdge(name, configuration),
    ...(configuration.logFormat === 'JSON'
      ? { AWS_LAMBDA_LOG_LEVEL: configuration.applicationLogLevel ?? 'INFO' }
      : {}),
    AWS_REGION: REGION,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LAMBDA_TASK_ROOT: '/var/task',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}

/** Facts about Node and the computer that functions are allowed to see. */
export function nodeFacts(): { facts: Facts; constants: Constants } {
  const statusCodes = Object.fromEntries(
    Object.entries(STATUS_CODES).map(([status, text]) => [status, String(text)]),
  );
  return {
    facts: {
      arch,
      version,
      versions: Object.fromEntries(Object.entries(versions).map(([name, text]) => [name, String(text)])),
    },
    constants: { statusCodes, builtinModules: [...builtinModules, 'sqlite', 'test', 'sea'] },
  };
}
