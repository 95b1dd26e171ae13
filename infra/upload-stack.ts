import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type IStackSynthesizer, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib/core';
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

export interface SynthesizedTemplate {
  /** JSON without white space. */
  readonly template: string;
  /** Of the template; CloudFormation takes 51,200 inline. */
  readonly bytes: number;
}

/** Returns the stack's template; without `edge`, only its identity half. Leaves no files behind. */
export function synthesize(props: UploadStackProps): SynthesizedTemplate {
  const outdir = mkdtempSync(join(tmpdir(), 'edge-upload-synth-'));
  try {
    const app = new App({
      outdir,
      analyticsReporting: false,
      treeMetadata: false,
      stackTraces: false,
      // Tests run cdk-nag. Here it would take 1.6 s of each deploy.
      builtinCloudFormationValidation: false,
    });
    const { artifactId } = new UploadStack(app, 'UploadStack', props);
    const template = JSON.stringify(app.synth().getStackArtifact(artifactId).template);
    return { template, bytes: Buffer.byteLength(template) };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
