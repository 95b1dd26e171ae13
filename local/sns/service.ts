import { join } from 'node:path';
import { ACCOUNT_ID } from '../account.ts';
import { JsonFile } from '../json-file.ts';
import type { Service, ServiceOptions } from '../service.ts';
import { required, text } from '../shape.ts';
import { requestDoor } from '../wire/door.ts';
import { AwsError } from '../wire/errors.ts';
import { operationsOf } from '../wire/operations.ts';
import { type QueryMembers, queryProtocol } from '../wire/query-protocol.ts';
import { Mailbox, VERSION } from './mailbox.ts';
import { noSuchTopic, subscriptionResource, topicPolicyResource, topicResource } from './resources.ts';
import { mayPublish, type Publisher } from './topic-policy.ts';
import { Topics } from './topics.ts';

export interface SnsOptions extends ServiceOptions {
  readonly send: ConstructorParameters<typeof Mailbox>[0];
  /** Returns the URL of the cloud, which is known once it listens. */
  readonly endpoint: () => string;
}

export interface Sns extends Service {
  /** Sends a message to every confirmed subscription. @throws AwsError if the topic's policy does not allow it */
  publish(topicArn: string, message: string, publisher: Publisher): void;
}

/** Creates Amazon SNS: topics that services publish to, and e-mail subscriptions. */
export function createSns(options: SnsOptions): Sns {
  const topics = new Topics(new JsonFile(join(options.dataDir, 'topics.json')), options.now);
  const mailbox = new Mailbox(options.send, options.endpoint);
  return {
    handle: requestDoor({
      ...options,
      service: 'sns',
      protocol: queryProtocol({ namespace: 'http://sns.amazonaws.com/doc/', version: VERSION }),
      operations: OPERATIONS,
      context: () => topics,
    }),
    resources: [topicResource(topics), subscriptionResource(topics, mailbox), topicPolicyResource(topics)],
    publish(topicArn, message, publisher) {
      const topic = topics.find(topicArn);
      if (topic === undefined) throw noSuchTopic();
      if (!mayPublish(topic.policy, publisher, topicArn)) {
        throw new AwsError(
          'AuthorizationError',
          `${publisher.service} is not authorized to perform: SNS:Publish`,
          403,
        );
      }
      for (const subscription of topics.subscriptions(topicArn)) {
        if (subscription.token === undefined) mailbox.deliver(topic, subscription, message);
      }
    },
  };
}

const reading = { format: 'query', invalid: 'InvalidParameter' } as const;
const signed = operationsOf<Topics, QueryMembers>(reading);
/** The links in mails have no signature. */
const open = operationsOf<Topics, QueryMembers>({ ...reading, access: 'public' });

const OPERATIONS = {
  ConfirmSubscription: open(
    { TopicArn: required(text()), Token: required(text({ max: 200 })) },
    (topics, { TopicArn, Token }) => {
      const confirmed = topics.confirm(TopicArn, Token);
      if (confirmed === undefined) throw new AwsError('InvalidParameter', 'Invalid token');
      return { SubscriptionArn: confirmed.arn };
    },
  ),
  Unsubscribe: open({ SubscriptionArn: required(text()) }, (topics, { SubscriptionArn: arn }) => {
    if (topics.findSubscription(arn) === undefined) {
      throw new AwsError('NotFound', 'Subscription does not exist', 404);
    }
    topics.unsubscribe(arn);
  }),
  ListSubscriptionsByTopic: signed({ TopicArn: required(text()) }, (topics, { TopicArn }) => {
    if (topics.find(TopicArn) === undefined) throw noSuchTopic();
    return {
      Subscriptions: topics.subscriptions(TopicArn).map(({ arn, endpoint, token }) => ({
        SubscriptionArn: token === undefined ? arn : 'PendingConfirmation',
        Owner: ACCOUNT_ID,
        Protocol: 'email',
        Endpoint: endpoint,
        TopicArn,
      })),
    };
  }),
};
