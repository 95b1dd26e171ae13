import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { UploadStack, type UploadStackProps } from './upload-stack.ts';

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
