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

const NONE: Document = { topics: [], subscriptions: [] };

/** Milliseconds. https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html */
const CONFIRM_WITHIN = 48 * 60 * 60 * 1000;

const digest = (token: string) => createHash('sha256').update(token).digest('hex');

/** The account's topics and their subscriptions, in one file. A change that cannot be written has no effect. */
export class Topics {
  readonly #file: JsonFile<Document>;
  readonly #now: () => Date;
  #document: Document;

  constructor(file: JsonFile<Document>, now: () => Date) {
    this.#file = file;
    this.#now = now;
    this.#document = file.read() ?? NONE;
  }

  find(arn: string): Topic | undefined {
    return this.#document.topics.find((topic) => topic.arn === arn);
  }

  save(topic: Topic): Topic {
    this.#change({ topics: withEntry(this.#document.topics, topic) });
    return topic;
  }

  /** Removes a topic with its subscriptions. */
  remove(arn: string): void {
    const { topics, subscriptions } = this.#document;
    this.#change({
      topics: topics.filter((topic) => topic.arn !== arn),
      subscriptions: subscriptions.filter(({ topicArn }) => topicArn !== arn),
    });
  }

  /** Returns the subscriptions of a topic, without those that were not confirmed in time. */
  subscriptions(topicArn: string): readonly Subscription[] {
    const since = this.#now().getTime() - CONFIRM_WITHIN;
    return this.#document.subscriptions.filter(
      (one) => one.topicArn === topicArn && (one.token === undefined || one.created > since),
    );
  }

  findSubscription(arn: string): Subscription | undefined {
    return this.#document.subscriptions.find((one) => one.arn === arn);
  }

  /** Adds a subscription that waits for its token. */
  subscribe(subscription: Omit<Subscription, 'created' | 'token'>, token: string): void {
    const created = this.#now().getTime();
    this.#saveSubscription({ ...subscription, created, token: digest(token) });
  }

  /** Confirms a subscription and returns it; `undefined` for an unknown or expired token. */
  confirm(topicArn: string, token: string): Subscription | undefined {
    const found = this.subscriptions(topicArn).find((one) => one.token === digest(token));
    if (found === undefined) return undefined;
    const { token: _, ...confirmed } = found;
    this.#saveSubscription(confirmed);
    return confirmed;
  }

  unsubscribe(arn: string): void {
    if (this.findSubscription(arn) === undefined) return;
    this.#change({ subscriptions: this.#document.subscriptions.filter((one) => one.arn !== arn) });
  }

  setPolicy(topicArn: string, policy: JsonObject | undefined): void {
    const topic = this.find(topicArn);
    if (topic === undefined) return;
    const { policy: _, ...rest } = topic;
    this.save({ ...rest, ...omitUndefined({ policy }) });
  }

  #saveSubscription(subscription: Subscription): void {
    this.#change({ subscriptions: withEntry(this.#document.subscriptions, subscription) });
  }

  #change(part: Partial<Document>): void {
    const document = { ...this.#document, ...part };
    this.#file.write(document);
    this.#document = document;
  }
}

/** Returns a list with a new entry, or with a changed one in its place. */
function withEntry<T extends { readonly arn: string }>(entries: readonly T[], entry: T): readonly T[] {
  const isNew = entries.every(({ arn }) => arn !== entry.arn);
  return isNew ? [...entries, entry] : entries.map((one) => (one.arn === entry.arn ? entry : one));
}
