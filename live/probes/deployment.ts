import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CreateKeyCommand,
  GetKeyPolicyCommand,
  type KMSClient,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { EXPIRES_TAG, REGION } from '../account.ts';
import { document } from '../command-line.ts';
import type { Probe } from '../probe.ts';
import { until } from './until.ts';

/** Maximum bytes of a template in a request. */
const INLINE_LIMIT = 51_200;

/** Milliseconds. CloudWatch shows a function's log lines after seconds, those of a new log group after minutes. */
const LOGGED_MS = 180_000;
/**
 * Milliseconds. KMS distributes a new key policy within minutes:
 * https://docs.aws.amazon.com/kms/latest/developerguide/programming-eventual-consistency.html
 */
const POLICY_MS = 300_000;

/** The resources behind `--notify` by type, with their state once they are set up. */
const NOTICES = {
  'AWS::SNS::Topic': 'CREATE_COMPLETE',
  'AWS::SNS::Subscription': 'CREATE_COMPLETE',
  'AWS::Events::Rule': 'CREATE_COMPLETE',
};

/** Adds a statement to a key's policy. */
async function allow(kms: KMSClient, KeyId: string | undefined, statement: object | undefined) {
  if (statement === undefined) throw new Error('edge-upload deploy printed no statement for the key.');
  const { Policy = '{}' } = await kms.send(new GetKeyPolicyCommand({ KeyId }));
  const policy = JSON.parse(Policy) as { readonly Statement: readonly object[] };
  const Statement = [...policy.Statement, statement];
  await kms.send(new PutKeyPolicyCommand({ KeyId, Policy: JSON.stringify({ ...policy, Statement }) }));
}

/** A line of `edge-upload logs --json`. */
interface LogLine {
  readonly region?: string;
  readonly refused?: object;
}

/** Probes of the deployment, its logs, and options that change it. */
export const DEPLOYMENT: readonly Probe[] = [
  {
    name: 'template-by-url',
    claim:
      'CloudFormation reads a template over 51,200 bytes from the bucket, with the operator’s permissions.',
    expected: { large: true, left: 0 },
    async look({ stackName, s3, bucket }) {
      const cloudformation = new CloudFormationClient({ region: REGION });
      try {
        const { TemplateBody = '' } = await cloudformation.send(
          new GetTemplateCommand({ StackName: stackName }),
        );
        const Prefix = '.well-known/edge-upload/template/';
        const { KeyCount = 0 } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
        return { large: Buffer.byteLength(TemplateBody) > INLINE_LIMIT, left: KeyCount };
      } finally {
        cloudformation.destroy();
      }
    },
  },
  {
    name: 'notices-are-set-up',
    claim:
      'SNS takes the subscription of --notify from the template, and EventBridge the rule with its text.',
    expected: NOTICES,
    async look({ stackName }) {
      const cloudformation = new CloudFormationClient({ region: REGION });
      try {
        const { StackResources = [] } = await cloudformation.send(
          new DescribeStackResourcesCommand({ StackName: stackName }),
        );
        const stateOf = (type: string) =>
          StackResources.find(({ ResourceType }) => ResourceType === type)?.ResourceStatus ?? null;
        return Object.fromEntries(Object.keys(NOTICES).map((type) => [type, stateOf(type)]));
      } finally {
        cloudformation.destroy();
      }
    },
  },
  {
    name: 'logs-by-region',
    claim:
      'Replicas of the function log in the region where they run, in the group /aws/lambda/us-east-1.<function>.',
    expected: { refusals: true, onlyRegions: true },
    async look(world) {
      const { edge, key, run, stackName } = world;
      await edge({ path: key(), body: 'x', token: false });
      const lines = await until(
        world,
        async () => {
          const { code, stdout } = await run(['logs', '--since', '30m', '--json', '--stack-name', stackName]);
          if (code !== 0) throw new Error(`edge-upload logs exited with ${code}: ${stdout.trim()}`);
          const all = stdout.trim().split('\n');
          return all
            .map((line) => JSON.parse(line) as LogLine)
            .filter(({ refused }) => refused !== undefined);
        },
        ({ length }) => length > 0,
        LOGGED_MS,
      );
      return {
        refusals: lines.length > 0,
        onlyRegions: lines.every(({ region = '' }) => /^[a-z]{2}-[a-z]+-\d$/.test(region)),
      };
    },
  },
  {
    name: 'kms-encrypts-uploads',
    changes: true,
    claim:
      'With --kms-key and the printed statement in its policy, uploads pass CloudFront and are encrypted.',
    expected: { put: 200, encryption: 'aws:kms', ownKey: true },
    notHere: 'the embedded S3 encrypts nothing',
    async look(world) {
      const { run, stackName, edge, key, s3, kms, bucket, expires } = world;
      const named = ['--yes', '--stack-name', stackName];
      const Tags = [{ TagKey: EXPIRES_TAG, TagValue: expires.toISOString() }];
      const { KeyMetadata } = await kms.send(
        new CreateKeyCommand({ Description: `${stackName}, a probe`, Tags }),
      );
      const { KeyId, Arn = '' } = KeyMetadata ?? {};
      try {
        const deployed = await document<{ readonly keyPolicyStatement?: object }>(run, [
          'deploy',
          '--kms-key',
          Arn,
          ...named,
        ]);
        try {
          await allow(kms, KeyId, deployed.keyPolicyStatement);
          const path = key();
          const put = await until(
            world,
            () => edge({ path, body: 'x' }),
            ({ status }) => status === 200,
            POLICY_MS,
          );
          if (put.status !== 200) return { put: put.status, encryption: null, ownKey: false };
          const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: path }));
          const { ServerSideEncryption: encryption = null, SSEKMSKeyId } = head;
          return { put: put.status, encryption, ownKey: SSEKMSKeyId === Arn };
        } finally {
          await document(run, ['deploy', '--unset', 'kms-key', ...named]);
        }
      } finally {
        await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
      }
    },
  },
  {
    name: 'scan-is-accepted',
    claim: 'GuardDuty accepts the role of --scan.',
    expected: { deployed: true },
    changes: true,
    notHere: 'the embedded cloud has no GuardDuty',
    async look({ run, stackName }) {
      await document(run, ['deploy', '--scan', '--yes', '--stack-name', stackName]);
      return { deployed: true };
    },
  },
];
