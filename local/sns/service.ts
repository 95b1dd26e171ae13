import { join } from 'node:path';
import { ACCOUNT_ID } from '../account.ts';
import { neverThrottled } from '../faults/throttling.ts';
import { unrestricted } from '../iam/permissions.ts';
import type { JsonObject } from '../json.ts';
import { JsonFile } from '../json-file.ts';
import type { Service, ServiceOptions } from '../service.ts';
import { readInput, required, structure, text } from '../shape.ts';
import { type Operation, requestDoor } from '../wire/door.ts';
import { AwsError } from '../wire/errors.ts';
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

type SnsOperation = Operation<JsonObject, QueryMembers>;

/** Creates Amazon SNS: topics that services publish to, and e-mail subscriptions. */
export function createSns({
  dataDir,
  now,
  identities,
  permissions = unrestricted,
  throttle = neverThrottled,
  send,
  endpoint,
}: SnsOptions): Sns {
  const topics = new Topics(new JsonFile(join(dataDir, 'topics.json')), now);
  const mailbox = new Mailbox(send, endpoint);
  const operations = new Map(Object.entries(operationsOn(topics)));
  return {
    handle: requestDoor({
      service: 'sns',
      protocol: queryProtocol({ namespace: 'http://sns.amazonaws.com/doc/', version: VERSION }),
      identities,
      now,
      permissions,
      throttle,
      find: (name) => operations.get(name),
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

const confirmInput = structure({ TopicArn: required(text()), Token: required(text({ max: 200 })) });
const unsubscribeInput = structure({ SubscriptionArn: required(text()) });
const topicInput = structure({ TopicArn: required(text()) });

function operationsOn(topics: Topics): Readonly<Record<string, SnsOperation>> {
  return {
    ConfirmSubscription: {
      access: 'public',
      run({ input }) {
        const { TopicArn, Token } = readInput(confirmInput, input, 'query');
        const confirmed = topics.confirm(TopicArn, Token);
        if (confirmed === undefined) throw new AwsError('InvalidParameter', 'Invalid token');
        return { SubscriptionArn: confirmed.arn };
      },
    },
    Unsubscribe: {
      access: 'public',
      run({ input }) {
        const { SubscriptionArn: arn } = readInput(unsubscribeInput, input, 'query');
        if (topics.findSubscription(arn) === undefined) {
          throw new AwsError('NotFound', 'Subscription does not exist', 404);
        }
        topics.unsubscribe(arn);
        return {};
      },
    },
    ListSubscriptionsByTopic: {
      run({ input }) {
        const { TopicArn } = readInput(topicInput, input, 'query');
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
      },
    },
  };
}
