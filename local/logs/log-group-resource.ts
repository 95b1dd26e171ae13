import { omitUndefined } from '../../protocol/fields.ts';
import type { JsonObject } from '../json.ts';
import { creatorOf, generatedName, type ResourceHandler, type ResourceState } from '../resource.ts';
import { oneOf, readProperties, structure, tags, withDefault } from '../shape.ts';
import { groupArn, groupExists, groupName, noSuch, retentionDays } from './operation.ts';
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
      if (existing === undefined) throw noSuch('group');
      const { created, creator } = existing;
      store.configure(physicalId, {
        ...readGroup(properties).settings,
        ...omitUndefined({ created, creator }),
      });
      return stateOf(physicalId);
    },
    actual(physicalId, properties) {
      const existing = store.settings(physicalId);
      if (existing === undefined) return undefined;
      const { retentionInDays } = existing;
      const { RetentionInDays: _, ...others } = properties;
      return { ...others, ...(retentionInDays !== undefined && { RetentionInDays: retentionInDays }) };
    },
    async delete(physicalId) {
      store.delete(physicalId);
    },
  };
}

const groupProperties = structure(
  {
    LogGroupClass: oneOf(['STANDARD'], { notSupported: ['INFREQUENT_ACCESS', 'DELIVERY'] }),
    LogGroupName: groupName,
    RetentionInDays: retentionDays,
    Tags: withDefault(tags(), {}),
  },
  {
    notSupported: [
      'BearerTokenAuthenticationEnabled',
      'DataProtectionPolicy',
      'DeletionProtectionEnabled',
      'FieldIndexPolicies',
      'KmsKeyId',
      'ResourcePolicyDocument',
    ],
  },
);

function readGroup(properties: JsonObject): { name: string | undefined; settings: GroupSettings } {
  const { LogGroupName, RetentionInDays, Tags } = readProperties(groupProperties, properties);
  return {
    name: LogGroupName,
    settings: { ...omitUndefined({ retentionInDays: RetentionInDays }), tags: Tags },
  };
}

function stateOf(name: string): ResourceState {
  return {
    physicalId: name,
    attributes: { Arn: `${groupArn(name)}:*` },
  };
}
