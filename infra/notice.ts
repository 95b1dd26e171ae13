import { createHash } from 'node:crypto';
import { EventField, type IRuleTarget, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { CfnSubscription, Topic } from 'aws-cdk-lib/aws-sns';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { RESERVED_FOLDER } from '../protocol/object-url.ts';
import type { StackOptions } from './options.ts';

/** Returns the key prefixes of all rules. */
function prefixesOf({ userPool = true, writeTo, trust = [] }: StackOptions): readonly string[] {
  const ofIssuers = trust.flatMap(({ rules }) => rules.map((rule) => rule.writeTo));
  const prefixes = [userPool ? writeTo : undefined, ...ofIssuers].flatMap((prefix) => prefix ?? []);
  // EventBridge replaces names in angle brackets.
  return [...new Set(prefixes)].filter((prefix) => !/[<>]/.test(prefix));
}

/**
 * Returns the text of a notice. EventBridge replaces the fields of the event, and mails each line in quotation marks.
 */
function noticeText(options: StackOptions): string {
  const field = (path: string) => EventField.fromPath(`$.detail.${path}`);
  const prefixes = prefixesOf(options);
  return [
    'A file was uploaded.',
    `Key: ${field('object.key')}`,
    `Size: ${field('object.size')} bytes`,
    `Bucket: ${field('bucket.name')}`,
    `Time: ${EventField.fromPath('$.time')}`,
    ...(prefixes.length === 0 ? [] : [`Keys begin with: ${prefixes.join(', ')}`]),
  ].join('\n');
}

function malwareText(): string {
  const field = (path: string) => EventField.fromPath(`$.detail.${path}`);
  return [
    'GuardDuty found malware in an uploaded file.',
    `Key: ${field('s3ObjectDetails.objectKey')}`,
    `Bucket: ${field('s3ObjectDetails.bucketName')}`,
    `Threat: ${field('scanResultDetails.threats[0].name')}`,
    `Time: ${EventField.fromPath('$.time')}`,
  ].join('\n');
}

/** Returns an id that depends only on the address, so that removing another address requires no new confirmation. */
function idOf(address: string): string {
  return createHash('sha256').update(address).digest('hex').slice(0, 16);
}

/**
 * Sends an e-mail for each upload, and for malware if GuardDuty scans. SNS first asks each address to confirm.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
 */
export function createNotice(scope: Construct, bucket: IBucket, options: StackOptions): void {
  const { notify = [], scan = false } = options;
  const topic = new Topic(scope, 'NoticeTopic', { enforceSSL: true });
  for (const endpoint of notify) {
    new CfnSubscription(scope, `NoticeTo${idOf(endpoint)}`, {
      topicArn: topic.topicArn,
      protocol: 'email',
      endpoint,
    });
  }
  const target = (text: string): IRuleTarget => ({
    bind: () => ({ arn: topic.topicArn, input: RuleTargetInput.fromMultilineText(text) }),
  });
  const uploaded = new Rule(scope, 'NoticeRule', {
    description: `${Stack.of(scope).stackName}: e-mail for each upload`,
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: {
        bucket: { name: [bucket.bucketName] },
        object: { key: [{ 'anything-but': { prefix: `${RESERVED_FOLDER}/` } }] },
      },
    },
    targets: [target(noticeText(options))],
  });
  const rules = [uploaded];
  if (scan) {
    rules.push(
      new Rule(scope, 'MalwareNoticeRule', {
        description: `${Stack.of(scope).stackName}: e-mail for malware`,
        eventPattern: {
          source: ['aws.guardduty'],
          detailType: ['GuardDuty Malware Protection Object Scan Result'],
          detail: {
            s3ObjectDetails: { bucketName: [bucket.bucketName] },
            scanResultDetails: { scanResultStatus: ['THREATS_FOUND'] },
          },
        },
        targets: [target(malwareText())],
      }),
    );
  }
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { ArnEquals: { 'aws:SourceArn': rules.map(({ ruleArn }) => ruleArn) } },
    }),
  );
}
