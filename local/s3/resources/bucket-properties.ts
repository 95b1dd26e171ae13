import type { Json, JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';

type Check = (value: Json, path: string) => void;

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

/** CloudFormation takes `"true"` for `true` and `"7"` for `7`. */
const boolean: Check = (value, path) => {
  if (!['true', 'false'].includes(String(value))) throw invalid(`${path} must be a boolean`);
};
const text: Check = (value, path) => {
  if (typeof value !== 'string' || value === '') throw invalid(`${path} must be a string`);
};
const anyText: Check = (value, path) => {
  if (typeof value !== 'string') throw invalid(`${path} must be a string`);
};
const count: Check = (value, path) => {
  if (!/^[1-9]\d{0,8}$/.test(String(value))) throw invalid(`${path} must be a positive number`);
};

/** One of the values that the embedded S3 does; AWS's others are refused by name. */
function oneOf(...values: string[]): Check {
  return (value, path) => {
    if (!values.includes(String(value))) {
      throw invalid(
        `${path} ${String(value)} is not implemented by the embedded S3, only ${values.join(', ')}`,
      );
    }
  };
}

function list(item: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) throw invalid(`${path} must be a list`);
    for (const [at, member] of value.entries()) item(member, `${path}/${at}`);
  };
}

function object(members: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw invalid(`${path} must be an object`);
    for (const [name, member] of Object.entries(value)) {
      const check = Object.hasOwn(members, name) ? members[name] : undefined;
      if (check === undefined)
        throw invalid(`Encountered unsupported property ${name}${path && ` in ${path}`}`);
      check(member, path === '' ? name : `${path}/${name}`);
    }
    for (const name of required) {
      if (!Object.hasOwn(value, name)) throw invalid(`${path} must have a ${name}`);
    }
  };
}

const LIFECYCLE_RULE = object(
  {
    Id: text,
    Status: oneOf('Enabled', 'Disabled'),
    Prefix: anyText,
    AbortIncompleteMultipartUpload: object({ DaysAfterInitiation: count }, ['DaysAfterInitiation']),
    ExpirationInDays: count,
    NoncurrentVersionExpiration: object({ NoncurrentDays: count, NewerNoncurrentVersions: count }, [
      'NoncurrentDays',
    ]),
    ExpiredObjectDeleteMarker: boolean,
  },
  ['Status'],
);

const CORS_RULE = object(
  {
    Id: text,
    AllowedHeaders: list(text),
    AllowedMethods: list(oneOf('GET', 'PUT', 'HEAD', 'POST', 'DELETE')),
    AllowedOrigins: list(text),
    ExposedHeaders: list(text),
    MaxAge: count,
  },
  ['AllowedMethods', 'AllowedOrigins'],
);

const PROPERTIES = object({
  BucketName: text,
  PublicAccessBlockConfiguration: object({
    BlockPublicAcls: boolean,
    BlockPublicPolicy: boolean,
    IgnorePublicAcls: boolean,
    RestrictPublicBuckets: boolean,
  }),
  BucketEncryption: object(
    {
      ServerSideEncryptionConfiguration: list(
        object({
          ServerSideEncryptionByDefault: object({ SSEAlgorithm: oneOf('AES256') }, ['SSEAlgorithm']),
          BucketKeyEnabled: boolean,
        }),
      ),
    },
    ['ServerSideEncryptionConfiguration'],
  ),
  OwnershipControls: object(
    {
      Rules: list(
        object({ ObjectOwnership: oneOf('BucketOwnerEnforced', 'BucketOwnerPreferred') }, [
          'ObjectOwnership',
        ]),
      ),
    },
    ['Rules'],
  ),
  LifecycleConfiguration: object({ Rules: list(LIFECYCLE_RULE) }, ['Rules']),
  VersioningConfiguration: object({ Status: oneOf('Enabled', 'Suspended') }, ['Status']),
  Tags: list(object({ Key: text, Value: anyText }, ['Key', 'Value'])),
  LoggingConfiguration: object({ DestinationBucketName: text, LogFilePrefix: text }),
  CorsConfiguration: object({ CorsRules: list(CORS_RULE) }, ['CorsRules']),
});

/** @throws AwsError `ValidationError` naming what is unknown, malformed or not implemented */
export function checkBucketProperties(properties: JsonObject): void {
  PROPERTIES(properties, '');
}

/** The versioning that the properties ask for. */
export function versioningOf({ VersioningConfiguration: configuration }: JsonObject): {
  versioning?: 'Enabled' | 'Suspended';
} {
  const asked = configuration as JsonObject | undefined;
  if (asked === undefined) return {};
  return { versioning: asked.Status === 'Enabled' ? 'Enabled' : 'Suspended' };
}
