import type { JsonObject } from '../../json.ts';
import { Properties } from '../../properties.ts';
import { AwsError } from '../../wire/errors.ts';
import { invalidParameter } from '../errors.ts';
import { type Configuration, RUNTIMES } from '../model.ts';
import { readLogging } from './logging-properties.ts';

const KNOWN = [
  'Architectures',
  'Code',
  'Description',
  'Environment',
  'EphemeralStorage',
  'FunctionName',
  'Handler',
  'LoggingConfig',
  'MemorySize',
  'PackageType',
  'Role',
  'Runtime',
  'Tags',
  'Timeout',
  'TracingConfig',
];

const NOT_DONE = [
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
];

const ZIP_FILE_LIMIT = 4 * 1024 * 1024;
const ENVIRONMENT_LIMIT = 4096;
const ROLE_ARN = /^arn:aws[a-zA-Z-]*:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/;

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

export interface FunctionProperties {
  readonly functionName: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly code: string;
  /** `logGroup` is left out where the template leaves it to the function's name. */
  readonly configuration: Omit<Configuration, 'logGroup'> & { readonly logGroup: string | undefined };
}

/**
 * Reads the properties of an AWS::Lambda::Function.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
 */
export function readFunctionProperties(source: JsonObject): FunctionProperties {
  const properties = new Properties(source).only(KNOWN, NOT_DONE);
  const runtime = properties.choice('Runtime', RUNTIMES);
  if (properties.choice('PackageType', ['Zip', 'Image']) === 'Image') throw notDone('PackageType Image');
  refuseTracing(properties);
  if (runtime === undefined) {
    throw invalidParameter(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    );
  }
  return {
    functionName: properties.optionalText('FunctionName', { pattern: /^[a-zA-Z0-9-_]{1,64}$/ }),
    tags: properties.tags(),
    code: readCode(properties),
    configuration: {
      runtime,
      handler: properties.text('Handler', { max: 128, pattern: /^\S+$/ }),
      roleArn: properties.text('Role', { pattern: ROLE_ARN }),
      description: properties.optionalText('Description', { max: 256 }) ?? '',
      memorySize: properties.integer('MemorySize', { min: 128, max: 10_240 }) ?? 128,
      timeout: properties.integer('Timeout', { min: 1, max: 900 }) ?? 3,
      architecture: readArchitecture(properties),
      ephemeralStorage: readEphemeralStorage(properties),
      environment: readEnvironment(properties),
      ...readLogging(properties.nested('LoggingConfig')),
    },
  };
}

function readCode(properties: Properties): string {
  const code = properties
    .nested('Code')
    ?.only(
      ['ZipFile'],
      ['ImageUri', 'S3Bucket', 'S3Key', 'S3ObjectStorageMode', 'S3ObjectVersion', 'SourceKMSKeyArn'],
    )
    .text('ZipFile');
  if (code === undefined)
    throw new AwsError('InvalidRequest', 'Model validation failed (#: required key [Code] not found)');
  if (Buffer.byteLength(code) > ZIP_FILE_LIMIT) {
    throw invalidParameter('Could not process the inline code: Code.ZipFile must not be longer than 4 MB.');
  }
  if (code === '') throw invalidParameter('Uploaded file must be a non-empty zip');
  return code;
}

function readArchitecture(properties: Properties): Configuration['architecture'] {
  const architectures = properties.texts('Architectures') ?? ['x86_64'];
  const [architecture] = architectures;
  if (architectures.length === 1 && (architecture === 'x86_64' || architecture === 'arm64'))
    return architecture;
  throw invalidParameter('Architectures must be one of x86_64 and arm64.');
}

function readEphemeralStorage(properties: Properties): number {
  const storage = properties.nested('EphemeralStorage')?.only(['Size']);
  return storage?.integer('Size', { min: 512, max: 10_240 }) ?? 512;
}

function readEnvironment(properties: Properties): Record<string, string> {
  const variables = properties.nested('Environment')?.only(['Variables']).map('Variables') ?? {};
  const names = Object.keys(variables);
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
  if (Buffer.byteLength(JSON.stringify(variables)) > ENVIRONMENT_LIMIT) {
    throw invalidParameter(
      'Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.',
    );
  }
  return variables;
}

function refuseTracing(properties: Properties): void {
  const mode = properties.nested('TracingConfig')?.only(['Mode']).choice('Mode', ['Active', 'PassThrough']);
  if (mode === 'Active') throw notDone('TracingConfig.Mode Active');
}

function notDone(what: string): AwsError {
  return new AwsError('InvalidRequest', `The embedded Lambda does not have ${what}.`);
}
