import type { Subscription, Topic } from './topics.ts';

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

/** The version of SNS's API, which links in mails contain. */
export const VERSION = '2010-03-31';

/** Sends the mails of SNS, in the words that AWS uses. */
export class Mailbox {
  readonly #send: (mail: Mail) => void;
  readonly #endpoint: () => string;

  /** @param endpoint returns the URL of the cloud */
  constructor(send: (mail: Mail) => void, endpoint: () => string) {
    this.#send = send;
    this.#endpoint = endpoint;
  }

  askToConfirm(topic: Topic, to: string, token: string): void {
    this.#send({
      to,
      subject: 'AWS Notification - Subscription Confirmation',
      body: [
        `You have chosen to subscribe to the topic:\n${topic.arn}`,
        'To confirm this subscription, click or visit the link below (If this was in error no action is necessary):',
        this.#link({ Action: 'ConfirmSubscription', TopicArn: topic.arn, Token: token }),
      ].join('\n\n'),
    });
  }

  deliver(topic: Topic, { endpoint, arn }: Subscription, message: string): void {
    this.#send({
      to: endpoint,
      subject: topic.displayName ?? 'AWS Notification Message',
      body: [
        message,
        '--',
        'If you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:',
        this.#link({ Action: 'Unsubscribe', SubscriptionArn: arn }),
      ].join('\n'),
    });
  }

  #link(parameters: Record<string, string>): string {
    return `${this.#endpoint()}/?${new URLSearchParams({ ...parameters, Version: VERSION })}`;
  }
}
