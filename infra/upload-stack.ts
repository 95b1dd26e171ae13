import { type IStackSynthesizer, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { omitUndefined } from '../protocol/omit-undefined.ts';
import { createDistribution } from './edge.ts';
import { edgeCode } from './edge-code.ts';
import { createBucket, createUserPool, createUserPoolClient } from './identity.ts';
import { policyOf, type StackOptions } from './options.ts';
import { type Identity, poolIssuer } from './pool-issuer.ts';

/** Lambda@Edge functions must be in this region. */
const REGION = 'us-east-1';

export interface UploadStackProps {
  readonly stackName: string;
  /** Absent: only the half that gives an identity is made (pool, client, bucket). The whole leaves that half as it is. */
  readonly identity?: Identity;
  readonly options: StackOptions;
}

/** A private bucket behind CloudFront, guarded at the edge, with a Cognito user pool. */
export class UploadStack extends Stack {
  constructor(scope: Construct, id: string, { stackName, identity, options }: UploadStackProps) {
    super(scope, id, {
      stackName,
      env: { region: REGION },
      description: 'edge-upload: authenticated uploads to S3 through CloudFront',
      // The template goes inline in the API call: no bootstrapped account, no assets. The bootstrapless synthesizer makes
      // the same template, but has the CDK's own command line assume roles that only bootstrapping makes.
      synthesizer: new LegacyStackSynthesizer() as IStackSynthesizer,
      analyticsReporting: false,
    });
    createUserPoolClient(this, createUserPool(this, options), options);
    const bucket = createBucket(this, options);
    if (identity !== undefined) {
      const { maxSize, corsOrigins, domain } = options;
      const code = edgeCode({
        issuers: [poolIssuer(identity, policyOf(options))],
        policy: omitUndefined({ maxSize, corsOrigins }),
        origins: domain === undefined ? [] : [`https://${domain}`],
      });
      createDistribution(this, { bucket, code, options });
    }
  }
}
