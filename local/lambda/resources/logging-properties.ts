import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { Properties } from '../../properties.ts';
import { invalidParameter } from '../errors.ts';
import { APPLICATION_LOG_LEVELS, type Configuration } from '../model.ts';

type Logging = Pick<Configuration, 'logFormat' | 'applicationLogLevel' | 'systemLogLevel'> & {
  /** Left out where the template leaves it to the function's name. */
  readonly logGroup: string | undefined;
};

/**
 * Reads a function's LoggingConfig.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-loggingconfig.html
 */
export function readLogging(properties: Properties | undefined): Logging {
  const logging = properties?.only(['ApplicationLogLevel', 'LogFormat', 'LogGroup', 'SystemLogLevel']);
  const logFormat = logging?.choice('LogFormat', ['Text', 'JSON']) ?? 'Text';
  const application = logging?.choice('ApplicationLogLevel', APPLICATION_LOG_LEVELS);
  const system = logging?.choice('SystemLogLevel', ['DEBUG', 'INFO', 'WARN']);
  // That levels need JSON is documented; the wording of the refusal is ours.
  if (logFormat === 'Text' && (application ?? system) !== undefined) {
    throw invalidParameter('To configure log levels, set LogFormat to JSON.');
  }
  return {
    logFormat,
    ...omitUndefined({ applicationLogLevel: application, systemLogLevel: system }),
    logGroup: logging?.optionalText('LogGroup', { pattern: /^[.\-_/#A-Za-z0-9]{1,512}$/ }),
  };
}
