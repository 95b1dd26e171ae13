import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type IStackSynthesizer, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { omitUndefined } from '../protocol/fields.ts';
import { createUploads, REGION, type UploadsProps } from './uploads.ts';

export interface UploadStackProps extends UploadsProps {
  readonly stackName: string;
}

/**
 * The stack: a private bucket behind CloudFront, checked at the edge, with a Cognito user pool unless the options leave
 * it out.
 */
export class UploadStack extends Stack {
  constructor(scope: Construct, id: string, { stackName, edge, options }: UploadStackProps) {
    super(scope, id, {
      stackName,
      env: { region: REGION },
      description: 'edge-upload: authenticated uploads to S3 through CloudFront',
      // The template is part of the API call and has no assets, so the account needs no bootstrap. The bootstrapless
      // synthesizer is no alternative: with it, the CDK's command line assumes roles that only bootstrapping creates.
      synthesizer: new LegacyStackSynthesizer() as IStackSynthesizer,
      analyticsReporting: false,
    });
    createUploads(this, { options, ...omitUndefined({ edge }) });
  }
}

export interface SynthesizedTemplate {
  /** JSON without whitespace. */
  readonly template: string;
  /** Size of the template. CloudFormation accepts at most 51,200 bytes inline. */
  readonly bytes: number;
}

/** Returns the stack's template, or only its identity half without `edge`. Leaves no files behind. */
export function synthesize(props: UploadStackProps): SynthesizedTemplate {
  const outdir = mkdtempSync(join(tmpdir(), 'edge-upload-synth-'));
  try {
    const app = new App({
      outdir,
      analyticsReporting: false,
      treeMetadata: false,
      stackTraces: false,
      // Tests run cdk-nag. Here, it would add 1.6 s to each deploy.
      builtinCloudFormationValidation: false,
    });
    const { artifactId } = new UploadStack(app, 'UploadStack', props);
    const template = JSON.stringify(app.synth().getStackArtifact(artifactId).template);
    return { template, bytes: Buffer.byteLength(template) };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
