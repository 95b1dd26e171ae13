import type { JsonObject } from '../../json.ts';
import {
  flag,
  type Infer,
  integer,
  list,
  oneOf,
  optional,
  readProperties,
  required,
  structure,
  tags,
  text,
} from '../../shape.ts';

const word = text({ min: 1 });
const count = integer({ min: 1, max: 999_999_999 });
const status = oneOf(['Enabled', 'Disabled']);

const lifecycleRule = structure(
  {
    Id: optional(word),
    Status: required(status),
    Prefix: optional(text()),
    AbortIncompleteMultipartUpload: optional(structure({ DaysAfterInitiation: required(count) })),
    ExpirationInDays: optional(count),
    NoncurrentVersionExpiration: optional(
      structure({ NoncurrentDays: required(count), NewerNoncurrentVersions: optional(count) }),
    ),
    ExpiredObjectDeleteMarker: optional(flag()),
  },
  {
    notSupported: [
      'ExpirationDate',
      'NoncurrentVersionExpirationInDays',
      'NoncurrentVersionTransition',
      'NoncurrentVersionTransitions',
      'ObjectSizeGreaterThan',
      'ObjectSizeLessThan',
      'TagFilters',
      'Transition',
      'Transitions',
    ],
  },
);

const corsRule = structure({
  Id: optional(word),
  AllowedHeaders: optional(list(word)),
  AllowedMethods: required(list(oneOf(['GET', 'PUT', 'HEAD', 'POST', 'DELETE']))),
  AllowedOrigins: required(list(word)),
  ExposedHeaders: optional(list(word)),
  MaxAge: optional(count),
});

const encryption = structure({
  SSEAlgorithm: required(oneOf(['AES256'], { notSupported: ['aws:kms', 'aws:kms:dsse'] })),
});

const ownership = oneOf(['BucketOwnerEnforced', 'BucketOwnerPreferred'], { notSupported: ['ObjectWriter'] });

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html */
const bucketProperties = structure(
  {
    BucketName: optional(word),
    PublicAccessBlockConfiguration: optional(
      structure({
        BlockPublicAcls: optional(flag()),
        BlockPublicPolicy: optional(flag()),
        IgnorePublicAcls: optional(flag()),
        RestrictPublicBuckets: optional(flag()),
      }),
    ),
    BucketEncryption: optional(
      structure({
        ServerSideEncryptionConfiguration: required(
          list(
            structure(
              { ServerSideEncryptionByDefault: optional(encryption), BucketKeyEnabled: optional(flag()) },
              { notSupported: ['BlockedEncryptionTypes'] },
            ),
          ),
        ),
      }),
    ),
    OwnershipControls: optional(
      structure({ Rules: required(list(structure({ ObjectOwnership: required(ownership) }))) }),
    ),
    LifecycleConfiguration: optional(
      structure(
        { Rules: required(list(lifecycleRule)) },
        { notSupported: ['TransitionDefaultMinimumObjectSize'] },
      ),
    ),
    VersioningConfiguration: optional(structure({ Status: required(oneOf(['Enabled', 'Suspended'])) })),
    Tags: optional(tags()),
    LoggingConfiguration: optional(
      structure(
        { DestinationBucketName: optional(word), LogFilePrefix: optional(word) },
        { notSupported: ['TargetObjectKeyFormat'] },
      ),
    ),
    NotificationConfiguration: optional(
      structure(
        { EventBridgeConfiguration: optional(structure({ EventBridgeEnabled: required(flag()) })) },
        { notSupported: ['LambdaConfigurations', 'QueueConfigurations', 'TopicConfigurations'] },
      ),
    ),
    CorsConfiguration: optional(structure({ CorsRules: required(list(corsRule)) })),
  },
  {
    notSupported: [
      'AbacStatus',
      'AccelerateConfiguration',
      'AccessControl',
      'AnalyticsConfigurations',
      'BucketNamePrefix',
      'BucketNamespace',
      'IntelligentTieringConfigurations',
      'InventoryConfigurations',
      'MetadataConfiguration',
      'MetadataTableConfiguration',
      'MetricsConfigurations',
      'ObjectLockConfiguration',
      'ObjectLockEnabled',
      'ReplicationConfiguration',
      'WebsiteConfiguration',
    ],
  },
);

/** @throws AwsError `InvalidRequest` with the property that is unknown, invalid or not supported */
export function readBucketProperties(properties: JsonObject): Infer<typeof bucketProperties> {
  return readProperties(bucketProperties, properties);
}
