import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IUserPool, IUserPoolClient } from 'aws-cdk-lib/aws-cognito';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { App, type IStackSynthesizer, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { omitUndefined } from '../protocol/fields.ts';
import { createDistribution } from './edge.ts';
import { configOf, type EdgeKeys, edgeCode, pageFiles } from './edge-code.ts';
import { allowPage } from './federation.ts';
import { createBucket, createUserPool, createUserPoolClient } from './identity.ts';
import { createNotice } from './notice.ts';
import { OPTIONS_METADATA, type StackOptions } from './options.ts';
import { createScan } from './scan.ts';
import { createSigningKeys } from './signing-key.ts';

/** The region that Lambda@Edge functions must be in. */
export const REGION = 'us-east-1';

export interface UploadStackProps extends UploadsProps {
  readonly stackName: string;
  /** The version of edge-upload that deploys, stored in the template. An earlier one does not replace its edge. */
  readonly version?: string;
}

/**
 * The stack: a private bucket behind CloudFront, checked at the edge, with a Cognito user pool unless the options leave
 * it out.
 */
export class UploadStack extends Stack {
  constructor(scope: Construct, id: string, { stackName, version, edge, options }: UploadStackProps) {
    super(scope, id, {
      stackName,
      env: { region: REGION },
      description: 'edge-upload: authenticated uploads to S3 through CloudFront',
      // The template is part of the API call and has no assets, so the account needs no bootstrap. The bootstrapless
      // synthesizer is no alternative: with it, the CDK's command line assumes roles that only bootstrapping creates.
      synthesizer: new LegacyStackSynthesizer() as IStackSynthesizer,
      analyticsReporting: false,
    });
    // CloudFormation applies no update that changes only this.
    if (version !== undefined) this.templateOptions.metadata = { [OPTIONS_METADATA]: { version } };
    createUploads(this, { options, edge });
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

export interface UploadsProps {
  /**
   * Absent: only the identity half is created (user pool, client, bucket, signing keys). The whole stack leaves that
   * half unchanged, except for the redirect URLs of a client with a page.
   */
  readonly edge?: EdgeKeys | undefined;
  readonly options: StackOptions;
}

/** The created resources. */
export interface Uploads {
  readonly bucket: IBucket;
  readonly userPool?: IUserPool;
  readonly userPoolClient?: IUserPoolClient;
  /** Absent in the identity half. */
  readonly distribution?: IDistribution;
}

/** Creates all resources of a deployment. Their logical ids are part of every deployed template. */
export function createUploads(scope: Construct, { edge, options }: UploadsProps): Uploads {
  const { userPool: hasPool = true, signing, trust = [] } = options;
  const userPool = hasPool ? createUserPool(scope, options) : undefined;
  const userPoolClient = userPool && createUserPoolClient(scope, userPool, options);
  const bucket = createBucket(scope, options);
  if (signing !== undefined) createSigningKeys(scope, signing);
  const half = { bucket, ...omitUndefined({ userPool, userPoolClient }) } as Uploads;
  if (edge === undefined) return half;
  const distribution = createDistribution(scope, {
    bucket,
    code: edgeCode(configOf(options, edge), pageFiles(options)),
    keySets: [...new Set(trust.map(({ jwksUri }) => jwksUri))],
    options,
  });
  const { page, idp, notify = [], scan } = options;
  if (userPoolClient !== undefined && page && idp !== undefined)
    allowPage(userPoolClient, distribution, options);
  if (notify.length > 0) createNotice(scope, bucket, options);
  if (scan) createScan(scope, bucket, options);
  return { ...half, distribution };
}
