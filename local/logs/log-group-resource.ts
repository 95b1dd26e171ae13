import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { ACCOUNT_ID, REGION } from '../account.ts';
import type { JsonObject } from '../json.ts';
import { generatedName, Properties } from '../properties.ts';
import type { CreateRequest, ResourceHandler, ResourceState } from '../resource.ts';
import { AwsError } from '../wire/errors.ts';
import { GROUP_NAME, groupExists, RETENTION_DAYS } from './group-rules.ts';
import type { GroupSettings, LogStore } from './store.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html */
export function logGroupResource(store: LogStore): ResourceHandler {
  return {
    type: 'AWS::Logs::LogGroup',
    replaceOn: ['LogGroupName'],
    async create(request) {
      const { name = generatedName(request, 512), settings } = readGroup(request.properties);
      const creator = creatorOf(request);
      const existing = store.settings(name);
      if (existing !== undefined && existing.creator !== creator) throw groupExists();
      store.configure(name, { ...settings, creator });
      return stateOf(name);
    },
    async update({ physicalId, properties }) {
      const existing = store.settings(physicalId);
      if (existing === undefined) {
        throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
      }
      const { created, creator } = existing;
      store.configure(physicalId, {
        ...readGroup(properties).settings,
        ...omitUndefined({ created, creator }),
      });
      return stateOf(physicalId);
    },
    async delete(physicalId) {
      store.delete(physicalId);
    },
  };
}

function readGroup(source: JsonObject): { name: string | undefined; settings: GroupSettings } {
  const properties = new Properties(source).only(
    ['LogGroupClass', 'LogGroupName', 'RetentionInDays', 'Tags'],
    [
      'BearerTokenAuthenticationEnabled',
      'DataProtectionPolicy',
      'DeletionProtectionEnabled',
      'FieldIndexPolicies',
      'KmsKeyId',
      'ResourcePolicyDocument',
    ],
  );
  const days = properties.integer('RetentionInDays', { min: 1, max: 3653 });
  if (days !== undefined && !RETENTION_DAYS.includes(days)) {
    throw new AwsError(
      'InvalidRequest',
      `Model validation failed (#/RetentionInDays: ${days} is not a valid enum value)`,
    );
  }
  const kind = properties.choice('LogGroupClass', ['STANDARD', 'INFREQUENT_ACCESS', 'DELIVERY']);
  if (kind !== undefined && kind !== 'STANDARD') {
    throw new AwsError('InvalidRequest', `The embedded cloud does not have the log group class ${kind}.`);
  }
  return {
    name: properties.optionalText('LogGroupName', { pattern: GROUP_NAME }),
    settings: { ...omitUndefined({ retentionInDays: days }), tags: properties.tags() },
  };
}

function creatorOf({ stackName, logicalId, suffix }: CreateRequest): string {
  return `${stackName}/${logicalId}/${suffix}`;
}

function stateOf(name: string): ResourceState {
  return {
    physicalId: name,
    attributes: { Arn: `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:${name}:*` },
  };
}
