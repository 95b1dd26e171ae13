import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ACCOUNT_ID, REGION } from '../account.ts';
import type { JsonObject } from '../json.ts';
import { JsonFile } from '../json-file.ts';
import type { Service, ServiceOptions } from '../service.ts';
import { requestDoor } from '../wire/door.ts';
import { AwsError } from '../wire/errors.ts';
import { jsonProtocol } from '../wire/json-protocol.ts';
import { readPattern } from './pattern.ts';
import { Rules, ruleResource } from './rule-resource.ts';
import { transform } from './transformer.ts';

/** An event that a service sends to EventBridge. */
export interface ServiceEvent {
  /** Such as `aws.s3`. */
  readonly source: string;
  readonly detailType: string;
  /** ISO 8601. */
  readonly time: string;
  /** ARNs. */
  readonly resources: readonly string[];
  readonly detail: JsonObject;
}

export type EventSink = (event: ServiceEvent) => void;

export interface EventsOptions extends ServiceOptions {
  /** Publishes a message to a topic on behalf of a rule. @throws AwsError if the topic's policy refuses it */
  readonly publish: (topicArn: string, message: string, ruleArn: string) => void;
}

export interface Events extends Service {
  /** Delivers an event at once to the targets of every matching rule. */
  readonly put: EventSink;
}

/** Creates Amazon EventBridge: the default bus, with rules for events of services and topics as targets. */
export function createEvents(options: EventsOptions): Events {
  const rules = new Rules(new JsonFile(join(options.dataDir, 'rules.json')));
  return {
    // Every operation is refused by name, because only templates create rules.
    handle: requestDoor({
      ...options,
      service: 'events',
      protocol: jsonProtocol('AWSEvents'),
      operations: {},
      context: () => undefined,
    }),
    resources: [ruleResource(rules)],
    put({ source, detailType, time, resources, detail }) {
      const event: JsonObject = {
        version: '0',
        id: randomUUID(),
        'detail-type': detailType,
        source,
        account: ACCOUNT_ID,
        time: time.replace(/\.\d+Z$/, 'Z'),
        region: REGION,
        resources: [...resources],
        detail,
      };
      for (const { arn, isEnabled, pattern, targets } of rules.all()) {
        if (!isEnabled || !readPattern(pattern)(event)) continue;
        for (const { Arn, InputTransformer } of targets) {
          const message =
            InputTransformer === undefined ? JSON.stringify(event) : transform(InputTransformer, event);
          deliver(() => options.publish(Arn, message, arn));
        }
      }
    },
  };
}

/** Drops what a target refuses, as EventBridge does without a dead-letter queue. */
function deliver(send: () => void): void {
  try {
    send();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
  }
}
