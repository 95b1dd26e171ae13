import { omitUndefined } from '../../../protocol/fields.ts';
import {
  changed,
  type Infer,
  integer,
  list,
  oneOf,
  required,
  strings,
  structure,
  tags,
  text,
  withDefault,
} from '../../shape.ts';
import { invalidParameter } from '../arn.ts';
import { APPLICATION_LOG_LEVELS, type Configuration, RUNTIMES } from '../model.ts';

const ZIP_FILE_LIMIT = 4 * 1024 * 1024;
const ENVIRONMENT_LIMIT = 4096;

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const RESERVED_VARIABLES = [
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
];

const zipFile = changed(text(), (code) => {
  if (Buffer.byteLength(code) > ZIP_FILE_LIMIT) {
    throw invalidParameter('Could not process the inline code: Code.ZipFile must not be longer than 4 MB.');
  }
  if (code === '') throw invalidParameter('Uploaded file must be a non-empty zip');
  return code;
});

const variables = changed(strings(), (given) => {
  const names = Object.keys(given);
  const reserved = names.filter((name) => RESERVED_VARIABLES.includes(name));
  if (reserved.length > 0) {
    throw invalidParameter(
      'Lambda was unable to configure your environment variables because the environment variables you have provided ' +
        'contains reserved keys that are currently not supported for modification. ' +
        `Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
  const malformed = names.find((name) => !/^[a-zA-Z][a-zA-Z0-9_]+$/.test(name));
  if (malformed !== undefined) throw invalidParameter(`Environment variable name ${malformed} is not valid.`);
  if (Buffer.byteLength(JSON.stringify(given)) > ENVIRONMENT_LIMIT) {
    throw invalidParameter(
      'Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.',
    );
  }
  return given;
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-loggingconfig.html */
const loggingFields = structure({
  ApplicationLogLevel: oneOf(APPLICATION_LOG_LEVELS),
  LogFormat: withDefault(oneOf(['Text', 'JSON']), 'Text'),
  LogGroup: text({ pattern: /[.\-_/#A-Za-z0-9]{1,512}/ }),
  SystemLogLevel: oneOf(['DEBUG', 'INFO', 'WARN']),
});

const logging = changed(loggingFields, (given): Infer<typeof loggingFields> => {
  const level = given.ApplicationLogLevel ?? given.SystemLogLevel;
  if (given.LogFormat === 'JSON' || level === undefined) return given;
  // AWS documents that levels need JSON; the wording of the refusal is ours.
  throw invalidParameter('To configure log levels, set LogFormat to JSON.');
});

const fields = structure(
  {
    Architectures: withDefault(list(oneOf(['x86_64', 'arm64']), { min: 1, max: 1 }), []),
    Code: required(
      structure(
        { ZipFile: required(zipFile) },
        {
          notSupported: [
            'ImageUri',
            'S3Bucket',
            'S3Key',
            'S3ObjectStorageMode',
            'S3ObjectVersion',
            'SourceKMSKeyArn',
          ],
        },
      ),
    ),
    Description: withDefault(text({ max: 256 }), ''),
    Environment: structure({ Variables: variables }),
    EphemeralStorage: structure({ Size: required(integer({ min: 512, max: 10_240 })) }),
    FunctionName: text({ pattern: /[a-zA-Z0-9-_]{1,64}/ }),
    Handler: text({ max: 128, pattern: /\S+/ }),
    LoggingConfig: logging,
    MemorySize: withDefault(integer({ min: 128, max: 10_240 }), 128),
    PackageType: oneOf(['Zip'], { notSupported: ['Image'] }),
    Role: required(text({ pattern: /arn:aws[a-zA-Z-]*:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+/ })),
    Runtime: oneOf(RUNTIMES),
    Tags: withDefault(tags(), {}),
    Timeout: withDefault(integer({ min: 1, max: 900 }), 3),
    TracingConfig: structure({ Mode: oneOf(['PassThrough'], { notSupported: ['Active'] }) }),
  },
  {
    notSupported: [
      'CapacityProviderConfig',
      'CodeSigningConfigArn',
      'DeadLetterConfig',
      'DurableConfig',
      'FileSystemConfigs',
      'FunctionScalingConfig',
      'ImageConfig',
      'KmsKeyArn',
      'Layers',
      'PublishToLatestPublished',
      'RecursiveLoop',
      'ReservedConcurrentExecutions',
      'RuntimeManagementConfig',
      'SnapStart',
      'TenancyConfig',
      'VpcConfig',
    ],
  },
);

interface FunctionProperties {
  readonly functionName: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly code: string;
  /** `logGroup` is absent if it is derived from the function's name. */
  readonly configuration: Omit<Configuration, 'logGroup'> & { readonly logGroup: string | undefined };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html */
export const functionProperties = changed(fields, (given): FunctionProperties => {
  const { Handler: handler, LoggingConfig, Runtime: runtime } = given;
  if (runtime === undefined || handler === undefined) {
    throw invalidParameter(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    );
  }
  return {
    functionName: given.FunctionName,
    tags: given.Tags,
    code: given.Code.ZipFile,
    configuration: {
      runtime,
      handler,
      roleArn: given.Role,
      description: given.Description,
      memorySize: given.MemorySize,
      timeout: given.Timeout,
      architecture: given.Architectures[0] ?? 'x86_64',
      ephemeralStorage: given.EphemeralStorage?.Size ?? 512,
      environment: given.Environment?.Variables ?? {},
      logFormat: LoggingConfig?.LogFormat ?? 'Text',
      ...omitUndefined({
        applicationLogLevel: LoggingConfig?.ApplicationLogLevel,
        systemLogLevel: LoggingConfig?.SystemLogLevel,
      }),
      logGroup: LoggingConfig?.LogGroup,
    },
  };
});
