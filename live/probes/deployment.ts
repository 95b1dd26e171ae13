import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { REGION } from '../account.ts';
import { document } from '../command-line.ts';
import type { Probe } from '../probe.ts';

/** Bytes that CloudFormation takes in a request. */
const INLINE_LIMIT = 51_200;

/** The deployment as it is, its logs, and options that change it. */
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
