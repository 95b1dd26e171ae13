import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ACCOUNT_ID, REGION } from '../account.ts';
import { neverThrottled } from '../faults/throttling.ts';
import { unrestricted } from '../iam/permissions.ts';
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
  /** Refuses every operation by name, because only templates create rules. */
  /** Delivers an event at once to the targets of every matching rule. */
  readonly put: EventSink;
}

/** Creates Amazon EventBridge: the default bus, with rules for events of services and topics as targets. */
export function createEvents({
  dataDir,
  now,
  identities,
  permissions = unrestricted,
  throttle = neverThrottled,
  publish,
}: EventsOptions): Events {
  const rules = new Rules(new JsonFile(join(dataDir, 'rules.json')));
  return {
    handle: requestDoor({
      service: 'events',
      protocol: jsonProtocol('AWSEvents'),
      identities,
      now,
      permissions,
      throttle,
      find: () => undefined,
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
          deliver(() => publish(Arn, message, arn));
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
