import { randomBytes } from 'node:crypto';
import { omitUndefined } from '../../protocol/fields.ts';
import { arnOf } from '../account.ts';
import type { JsonObject } from '../json.ts';
import { creatorOf, generatedName, type ResourceHandler, uuidOf } from '../resource.ts';
import { document, list, oneOf, readProperties, required, structure, tags, text } from '../shape.ts';
import { AwsError } from '../wire/errors.ts';
import type { Mailbox } from './mailbox.ts';
import { readTopicPolicy } from './topic-policy.ts';
import type { Topic, Topics } from './topics.ts';

const topicProperties = structure(
  {
    TopicName: text({ pattern: /[A-Za-z0-9_-]{1,256}/ }),
    DisplayName: text({ max: 100 }),
    Tags: tags(),
  },
  {
    notSupported: [
      'ArchivePolicy',
      'ContentBasedDeduplication',
      'DataProtectionPolicy',
      'DeliveryStatusLogging',
      'FifoThroughputScope',
      'FifoTopic',
      'KmsMasterKeyId',
      'SignatureVersion',
      'Subscription',
      'TracingConfig',
    ],
  },
);

export const noSuchTopic = () => new AwsError('NotFound', 'Topic does not exist', 404);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html */
export function topicResource(topics: Topics): ResourceHandler {
  const stateOf = ({ arn, name }: Topic) => ({
    physicalId: arn,
    attributes: { TopicArn: arn, TopicName: name },
  });
  return {
    type: 'AWS::SNS::Topic',
    replaceOn: ['TopicName'],
    async create(request) {
      const { TopicName, DisplayName: displayName } = readProperties(topicProperties, request.properties);
      const name = TopicName ?? generatedName(request, 256);
      const arn = arnOf('sns', name);
      const creator = creatorOf(request);
      const existing = topics.find(arn);
      if (existing !== undefined && existing.creator !== creator) {
        throw new AwsError('InvalidParameter', `Invalid parameter: the topic ${name} exists already`);
      }
      return stateOf(topics.save({ arn, name, creator, ...omitUndefined({ displayName }) }));
    },
    async update({ physicalId, properties }) {
      const { DisplayName: displayName } = readProperties(topicProperties, properties);
      const topic = topics.find(physicalId);
      if (topic === undefined) throw noSuchTopic();
      const { displayName: _, ...rest } = topic;
      return stateOf(topics.save({ ...rest, ...omitUndefined({ displayName }) }));
    },
    async delete(physicalId) {
      topics.remove(physicalId);
    },
  };
}

const subscriptionProperties = structure(
  {
    TopicArn: required(text()),
    Protocol: required(
      oneOf(['email'], {
        notSupported: ['application', 'email-json', 'firehose', 'http', 'https', 'lambda', 'sms', 'sqs'],
      }),
    ),
    Endpoint: required(text({ max: 254, pattern: /[^@\s]+@[^@\s]+/ })),
  },
  {
    notSupported: [
      'DeliveryPolicy',
      'FilterPolicy',
      'FilterPolicyScope',
      'RawMessageDelivery',
      'RedrivePolicy',
      'Region',
      'ReplayPolicy',
      'SubscriptionRoleArn',
    ],
  },
);

/**
 * A new subscription is pending until the owner of its address opens the link in a mail.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html
 */
export function subscriptionResource(topics: Topics, mailbox: Mailbox): ResourceHandler {
  const stateOf = (arn: string) => ({ physicalId: arn, attributes: { Arn: arn } });
  return {
    type: 'AWS::SNS::Subscription',
    replaceOn: ['Endpoint', 'Protocol', 'TopicArn'],
    async create(request) {
      const { TopicArn, Endpoint } = readProperties(subscriptionProperties, request.properties);
      const topic = topics.find(TopicArn);
      if (topic === undefined) throw noSuchTopic();
      const arn = `${TopicArn}:${uuidOf(request.suffix)}`;
      if (topics.findSubscription(arn) === undefined) {
        const token = randomBytes(32).toString('hex');
        const creator = creatorOf(request);
        topics.subscribe({ arn, topicArn: TopicArn, endpoint: Endpoint, creator }, token);
        mailbox.askToConfirm(topic, Endpoint, token);
      }
      return stateOf(arn);
    },
    async update({ physicalId }) {
      return stateOf(physicalId);
    },
    async delete(physicalId) {
      topics.unsubscribe(physicalId);
    },
  };
}

const policyProperties = structure({
  PolicyDocument: required(document()),
  Topics: required(list(text(), { min: 1 })),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topicpolicy.html */
export function topicPolicyResource(topics: Topics): ResourceHandler {
  const put = (properties: JsonObject): readonly string[] => {
    const { PolicyDocument, Topics: arns } = readProperties(policyProperties, properties);
    readTopicPolicy(PolicyDocument);
    const missing = arns.find((arn) => topics.find(arn) === undefined);
    if (missing !== undefined) throw noSuchTopic();
    for (const arn of arns) topics.setPolicy(arn, PolicyDocument);
    return arns;
  };
  const clear = (arns: readonly string[]) => {
    for (const arn of arns) topics.setPolicy(arn, undefined);
  };
  const stateOf = (id: string) => ({ physicalId: id, attributes: { Id: id } });
  return {
    type: 'AWS::SNS::TopicPolicy',
    replaceOn: [],
    async create(request) {
      put(request.properties);
      return stateOf(generatedName(request, 128));
    },
    async update({ physicalId, properties, previous }) {
      const arns = put(properties);
      const before = readProperties(policyProperties, previous).Topics;
      clear(before.filter((arn) => !arns.includes(arn)));
      return stateOf(physicalId);
    },
    async delete(_physicalId, properties) {
      clear(readProperties(policyProperties, properties).Topics);
    },
  };
}
