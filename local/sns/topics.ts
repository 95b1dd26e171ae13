import { createHash } from 'node:crypto';
import { omitUndefined } from '../../protocol/fields.ts';
import type { JsonObject } from '../json.ts';
import type { JsonFile } from '../json-file.ts';

export interface Topic {
  readonly arn: string;
  readonly name: string;
  /** The create request that created it, so that a repeated request finds it. */
  readonly creator: string;
  readonly displayName?: string;
  /** Absent: only the account publishes. */
  readonly policy?: JsonObject;
}

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  /** An e-mail address. */
  readonly endpoint: string;
  readonly creator: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** SHA-256 of the token that confirms it; absent once it is confirmed. */
  readonly token?: string;
}

interface Document {
  readonly topics: readonly Topic[];
  readonly subscriptions: readonly Subscription[];
}

/** Milliseconds. https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html */
const CONFIRM_WITHIN = 48 * 60 * 60 * 1000;

const digest = (token: string) => createHash('sha256').update(token).digest('hex');

/** The account's topics and their subscriptions, in one file. */
export class Topics {
  readonly #file: JsonFile<Document>;
  readonly #now: () => Date;
  readonly #topics: Map<string, Topic>;
  readonly #subscriptions: Map<string, Subscription>;

  constructor(file: JsonFile<Document>, now: () => Date) {
    const { topics = [], subscriptions = [] } = file.read() ?? {};
    this.#file = file;
    this.#now = now;
    this.#topics = new Map(topics.map((topic) => [topic.arn, topic]));
    this.#subscriptions = new Map(subscriptions.map((one) => [one.arn, one]));
  }

  find(arn: string): Topic | undefined {
    return this.#topics.get(arn);
  }

  save(topic: Topic): Topic {
    this.#topics.set(topic.arn, topic);
    this.#write();
    return topic;
  }

  /** Removes a topic with its subscriptions. */
  remove(arn: string): void {
    this.#topics.delete(arn);
    for (const one of this.subscriptions(arn)) this.#subscriptions.delete(one.arn);
    this.#write();
  }

  /** Returns the subscriptions of a topic, without those that were not confirmed in time. */
  subscriptions(topicArn: string): readonly Subscription[] {
    const since = this.#now().getTime() - CONFIRM_WITHIN;
    return [...this.#subscriptions.values()].filter(
      (one) => one.topicArn === topicArn && (one.token === undefined || one.created > since),
    );
  }

  findSubscription(arn: string): Subscription | undefined {
    return this.#subscriptions.get(arn);
  }

  /** Adds a subscription that waits for its token. */
  subscribe(subscription: Omit<Subscription, 'created' | 'token'>, token: string): void {
    const created = this.#now().getTime();
    this.#subscriptions.set(subscription.arn, { ...subscription, created, token: digest(token) });
    this.#write();
  }

  /** Confirms a subscription and returns it; `undefined` for an unknown or expired token. */
  confirm(topicArn: string, token: string): Subscription | undefined {
    const found = this.subscriptions(topicArn).find((one) => one.token === digest(token));
    if (found === undefined) return undefined;
    const { token: _, ...confirmed } = found;
    this.#subscriptions.set(found.arn, confirmed);
    this.#write();
    return confirmed;
  }

  unsubscribe(arn: string): void {
    if (this.#subscriptions.delete(arn)) this.#write();
  }

  setPolicy(topicArn: string, policy: JsonObject | undefined): void {
    const topic = this.find(topicArn);
    if (topic === undefined) return;
    const { policy: _, ...rest } = topic;
    this.save({ ...rest, ...omitUndefined({ policy }) });
  }

  #write(): void {
    this.#file.write({
      topics: [...this.#topics.values()],
      subscriptions: [...this.#subscriptions.values()],
    });
  }
}
