import { table } from '../../protocol/fields.ts';
import type { UiEvent } from './events.ts';
import { line, type Shown } from './shown.ts';

type ResourceEvent = Extract<UiEvent, { type: 'resource' }>;

const NAMES = table<string>({
  'AWS::CloudFormation::Stack': 'stack',
  'AWS::CloudFront::Distribution': 'CloudFront distribution',
  'AWS::CloudFront::OriginAccessControl': 'origin access control',
  'AWS::CloudFront::ResponseHeadersPolicy': 'CORS headers',
  'AWS::Cognito::UserPool': 'user pool',
  'AWS::Cognito::UserPoolClient': 'user pool client',
  'AWS::Cognito::UserPoolDomain': 'managed login',
  'AWS::Cognito::UserPoolIdentityProvider': 'identity provider',
  'AWS::Events::Rule': 'notification rule',
  'AWS::GuardDuty::MalwareProtectionPlan': 'malware scan',
  'AWS::IAM::Role': 'IAM role',
  'AWS::KMS::Key': 'signing key',
  'AWS::Lambda::Function': 'edge function',
  'AWS::Lambda::Version': 'edge function version',
  'AWS::S3::Bucket': 'bucket',
  'AWS::S3::BucketPolicy': 'bucket policy',
  'AWS::SNS::Subscription': 'notification address',
  'AWS::SNS::Topic': 'notification topic',
  'AWS::SNS::TopicPolicy': 'notification topic policy',
});

/** Returns the name of a resource type for people. Unknown types keep CloudFormation's name. */
export function resourceName(type: string): string {
  return NAMES[type] ?? type;
}

/** Why a type of resource takes long. */
export function whyItTakes(type: string): string | undefined {
  return type === 'AWS::CloudFront::Distribution'
    ? 'it is copied to every edge location, a few minutes'
    : undefined;
}

const VERBS = table<readonly [underWay: string, done: string]>({
  CREATE: ['creating', 'created'],
  UPDATE: ['updating', 'updated'],
  DELETE: ['deleting', 'deleted'],
  ROLLBACK: ['rolling back', 'rolled back'],
  UPDATE_ROLLBACK: ['rolling back', 'rolled back'],
  IMPORT: ['importing', 'imported'],
});

/** `created`, `creating`, `could not be created`: a CloudFormation status in words. */
export function describeStatus(status: string): string {
  const [, verb = '', state] = /^(.+)_(IN_PROGRESS|COMPLETE|FAILED|SKIPPED)$/.exec(status) ?? [];
  const words = VERBS[verb];
  if (words === undefined) return status.toLowerCase().replaceAll('_', ' ');
  if (state === 'SKIPPED') return 'kept';
  const [underWay, done] = words;
  if (state === 'IN_PROGRESS') return underWay;
  return state === 'COMPLETE' ? done : `could not be ${done}`;
}

export function isUnderWay({ status }: Pick<ResourceEvent, 'status'>): boolean {
  return status.endsWith('_IN_PROGRESS');
}

export function isFailure({ status }: Pick<ResourceEvent, 'status'>): boolean {
  return status.endsWith('_FAILED');
}

/** Returns the change of a resource in one line, with the reason of a failure. */
export function resourceLine(event: Omit<ResourceEvent, 'type'>): Shown {
  const why = isFailure(event) && event.reason !== undefined ? `: ${event.reason}` : '';
  return line`${resourceName(event.resourceType)} ${describeStatus(event.status)}${why}`;
}

const ORDER = ['created', 'imported', 'updated', 'deleted', 'kept'];
const KNOWN_TYPES = Object.keys(NAMES);

/** Returns what was done to the resources of a stack in one line: `created bucket, user pool; kept edge function`. */
export function summarizeResources(
  events: readonly Pick<ResourceEvent, 'resourceType' | 'status'>[],
): string {
  const done = new Map<string, string[]>();
  for (const { resourceType, status } of events) {
    const word = describeStatus(status);
    done.set(word, [...(done.get(word) ?? []), resourceType]);
  }
  // Verbs that are not in the list come last.
  const rank = (list: readonly string[], word: string) =>
    list.includes(word) ? list.indexOf(word) : list.length;
  const words = [...done].sort(([one], [other]) => rank(ORDER, one) - rank(ORDER, other));
  return words
    .map(([word, types]) => {
      const sorted = types.sort((one, other) => rank(KNOWN_TYPES, one) - rank(KNOWN_TYPES, other));
      return `${word} ${[...new Set(sorted)].map(resourceName).join(', ')}`;
    })
    .join('; ');
}
