import { type IStackSynthesizer, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { omitUndefined } from '../protocol/omit-undefined.ts';
import { createUploads, REGION, type UploadsProps } from './uploads.ts';

export interface UploadStackProps extends UploadsProps {
  readonly stackName: string;
}

/** A private bucket behind CloudFront, guarded at the edge, with a Cognito user pool unless other issuers serve. */
export class UploadStack extends Stack {
  constructor(scope: Construct, id: string, { stackName, edge, options }: UploadStackProps) {
    super(scope, id, {
      stackName,
      env: { region: REGION },
      description: 'edge-upload: authenticated uploads to S3 through CloudFront',
      // The template goes inline in the API call: no bootstrapped account, no assets. The bootstrapless synthesizer makes
      // the same template, but has the CDK's own command line assume roles that only bootstrapping makes.
      synthesizer: new LegacyStackSynthesizer() as IStackSynthesizer,
      analyticsReporting: false,
    });
    createUploads(this, { options, ...omitUndefined({ edge }) });
  }
}
