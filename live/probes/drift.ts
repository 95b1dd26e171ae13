import {
  CloudFormationClient,
  DescribeStackResourceDriftsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import {
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3';
import { REGION } from '../account.ts';
import { document } from '../command-line.ts';
import type { Probe } from '../probe.ts';
import type { LiveWorld } from '../world.ts';
import { until } from './until.ts';

/** Milliseconds. S3 documents no limit for a new bucket policy; it takes effect within seconds. */
const POLICY_MS = 120_000;

/** Types of a new deployment's resources that CloudFormation compares with the template. */
const COMPARED = [
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::Cognito::UserPool',
  'AWS::Cognito::UserPoolClient',
  'AWS::Lambda::Function',
  'AWS::Lambda::Version',
  'AWS::CloudFront::Distribution',
  'AWS::CloudFront::OriginAccessControl',
  'AWS::CloudFront::ResponseHeadersPolicy',
];

interface Report {
  readonly checks: readonly {
    readonly name: string;
    readonly state: string;
    readonly detail?: string;
    readonly error?: { readonly message: string };
  }[];
}

/** Returns what `edge-upload doctor` reports about drift: its state, and unless that is `ok`, its text. */
async function driftByDoctor({ run, stackName }: LiveWorld) {
  // The exit code is that of all checks.
  const { stdout, stderr } = await run(['doctor', '--json', '--stack-name', stackName]);
  const { checks = [] } = JSON.parse(stdout) as Partial<Report>;
  const drift = checks.find(({ name }) => name === 'drift');
  if (drift === undefined) throw new Error(`edge-upload doctor did not check drift: ${stdout}\n${stderr}`);
  const { state, detail, error } = drift;
  return { doctor: state, reported: state === 'ok' ? null : (error?.message ?? detail ?? null) };
}

/** Returns the stack's drift status, from the last detection. */
async function driftStatus(cloudformation: CloudFormationClient, StackName: string): Promise<string | null> {
  const { Stacks: [stack] = [] } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
  return stack?.DriftInformation?.StackDriftStatus ?? null;
}

/** Probes of resources that are changed outside of CloudFormation. */
export const DRIFT: readonly Probe[] = [
  {
    name: 'no-drift-after-deploy',
    claim: 'CloudFormation compares the resources of a new deployment with the template, and finds no drift.',
    expected: {
      ...{ doctor: 'ok', reported: null, stack: 'IN_SYNC' },
      ...Object.fromEntries(COMPARED.map((type) => [type, 'IN_SYNC'])),
    },
    async look(world) {
      const { stackName: StackName } = world;
      const found = await driftByDoctor(world);
      const cloudformation = new CloudFormationClient({ region: REGION });
      try {
        const { StackResourceDrifts = [] } = await cloudformation.send(
          new DescribeStackResourceDriftsCommand({ StackName }),
        );
        const statusOf = (type: string) => {
          const drifts = StackResourceDrifts.filter(({ ResourceType }) => ResourceType === type);
          const statuses = drifts.map(({ StackResourceDriftStatus = '' }) => StackResourceDriftStatus);
          return [...new Set(statuses)].sort().join(' ');
        };
        return {
          ...found,
          stack: await driftStatus(cloudformation, StackName),
          ...Object.fromEntries(COMPARED.map((type) => [type, statusOf(type)])),
        };
      } finally {
        cloudformation.destroy();
      }
    },
  },
  {
    name: 'drift-is-reverted',
    changes: true,
    claim:
      'After the bucket policy was deleted, doctor names it, and deploy --revert-drift restores it, so that uploads work again.',
    expected: {
      ...{
        refused: 403,
        doctor: 'failed',
        reported: 'Changed outside edge-upload: bucket policy (deleted).',
      },
      ...{ drifted: 'DRIFTED', outcome: 'changed', reverted: 'NOT_CHECKED', stored: 200 },
    },
    async look(world) {
      const { run, stackName, s3, bucket: Bucket, edge, key } = world;
      const cloudformation = new CloudFormationClient({ region: REGION });
      const put = async (wanted: number) => {
        const path = key();
        const last = await until(
          world,
          () => edge({ path, body: 'x' }),
          ({ status }) => status === wanted,
          POLICY_MS,
        );
        return last.status;
      };
      const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
      let stored: number | undefined;
      try {
        await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
        const refused = await put(403);
        const found = await driftByDoctor(world);
        const drifted = await driftStatus(cloudformation, stackName);
        const { outcome } = await document<{ readonly outcome: string }>(run, [
          ...['deploy', '--revert-drift', '--yes', '--stack-name', stackName],
        ]);
        const reverted = await driftStatus(cloudformation, stackName);
        stored = await put(200);
        return { refused, ...found, drifted, outcome, reverted, stored };
      } finally {
        cloudformation.destroy();
        // The next probes upload too.
        if (stored !== 200) await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      }
    },
  },
];
