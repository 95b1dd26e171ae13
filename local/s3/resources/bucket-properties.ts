import type { JsonObject } from '../../json.ts';
import {
  flag,
  type Infer,
  integer,
  list,
  oneOf,
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
    Id: word,
    Status: required(status),
    Prefix: text(),
    AbortIncompleteMultipartUpload: structure({ DaysAfterInitiation: required(count) }),
    ExpirationInDays: count,
    NoncurrentVersionExpiration: structure({
      NoncurrentDays: required(count),
      NewerNoncurrentVersions: count,
    }),
    ExpiredObjectDeleteMarker: flag(),
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
  Id: word,
  AllowedHeaders: list(word),
  AllowedMethods: required(list(oneOf(['GET', 'PUT', 'HEAD', 'POST', 'DELETE']))),
  AllowedOrigins: required(list(word)),
  ExposedHeaders: list(word),
  MaxAge: count,
});

const encryption = structure({
  SSEAlgorithm: required(oneOf(['AES256'], { notSupported: ['aws:kms', 'aws:kms:dsse'] })),
});

const ownership = oneOf(['BucketOwnerEnforced', 'BucketOwnerPreferred'], { notSupported: ['ObjectWriter'] });

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html */
const bucketProperties = structure(
  {
    BucketName: word,
    PublicAccessBlockConfiguration: structure({
      BlockPublicAcls: flag(),
      BlockPublicPolicy: flag(),
      IgnorePublicAcls: flag(),
      RestrictPublicBuckets: flag(),
    }),
    BucketEncryption: structure({
      ServerSideEncryptionConfiguration: required(
        list(
          structure(
            { ServerSideEncryptionByDefault: encryption, BucketKeyEnabled: flag() },
            { notSupported: ['BlockedEncryptionTypes'] },
          ),
        ),
      ),
    }),
    OwnershipControls: structure({
      Rules: required(list(structure({ ObjectOwnership: required(ownership) }))),
    }),
    LifecycleConfiguration: structure(
      { Rules: required(list(lifecycleRule)) },
      { notSupported: ['TransitionDefaultMinimumObjectSize'] },
    ),
    VersioningConfiguration: structure({ Status: required(oneOf(['Enabled', 'Suspended'])) }),
    Tags: tags(),
    LoggingConfiguration: structure(
      { DestinationBucketName: word, LogFilePrefix: word },
      { notSupported: ['TargetObjectKeyFormat'] },
    ),
    NotificationConfiguration: structure(
      { EventBridgeConfiguration: structure({ EventBridgeEnabled: required(flag()) }) },
      { notSupported: ['LambdaConfigurations', 'QueueConfigurations', 'TopicConfigurations'] },
    ),
    CorsConfiguration: structure({ CorsRules: required(list(corsRule)) }),
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

export type BucketProperties = Infer<typeof bucketProperties>;

/** @throws AwsError `InvalidRequest` with the property that is unknown, invalid or not supported */
export function readBucketProperties(properties: JsonObject): BucketProperties {
  return readProperties(bucketProperties, properties);
}
