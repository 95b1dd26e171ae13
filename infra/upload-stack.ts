import { type IStackSynthesizer, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { omitUndefined } from '../protocol/omit-undefined.ts';
import { createUploads, REGION, type UploadsProps } from './uploads.ts';

export interface UploadStackProps extends UploadsProps {
  readonly stackName: string;
}

/** A private bucket behind CloudFront, guarded at the edge, with a Cognito user pool unless only other issuers are trusted. */
export class UploadStack extends Stack {
  constructor(scope: Construct, id: string, { stackName, edge, options }: UploadStackProps) {
    super(scope, id, {
      stackName,
      env: { region: REGION },
      description: 'edge-upload: authenticated uploads to S3 through CloudFront',
      // The template goes inline in the API call, without bootstrap and assets. With the bootstrapless synthesizer, the CDK's
      // command line would assume roles that only bootstrapping creates.
      synthesizer: new LegacyStackSynthesizer() as IStackSynthesizer,
      analyticsReporting: false,
    });
    createUploads(this, { options, ...omitUndefined({ edge }) });
  }
}
