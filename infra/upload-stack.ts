import { type IStackSynthesizer, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { BakedConfig } from '../edge/config.ts';
import { omitUndefined } from '../protocol/omit-undefined.ts';
import { createDistribution } from './edge.ts';
import { edgeCode } from './edge-code.ts';
import type { EdgeKeys } from './edge-keys.ts';
import { createBucket, createUserPool, createUserPoolClient } from './identity.ts';
import { createNotice } from './notice.ts';
import { policyOf, type StackOptions } from './options.ts';
import { pageFiles, pageSettings } from './page.ts';
import { createScan } from './scan.ts';
import { createSigningKeys } from './signing-key.ts';

/** Lambda@Edge functions must be in this region. */
const REGION = 'us-east-1';

export interface UploadStackProps {
  readonly stackName: string;
  /** Absent: only the half that comes first is made (pool, client, bucket, signing keys). The whole leaves that half as it is. */
  readonly edge?: EdgeKeys;
  readonly options: StackOptions;
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
    const { userPool = true, signing } = options;
    if (userPool) createUserPoolClient(this, createUserPool(this, options), options);
    const bucket = createBucket(this, options);
    if (signing !== undefined) createSigningKeys(this, signing);
    if (edge === undefined) return;
    const { trust = [] } = options;
    createDistribution(this, {
      bucket,
      code: edgeCode(bakedConfig(options, edge), pageFiles(options)),
      keySets: [...new Set(trust.map(({ jwksUri }) => jwksUri))],
      options,
    });
    createNotice(this, bucket, options);
    createScan(this, bucket, options);
  }
}

/** Returns what is baked into the edge function. */
function bakedConfig(options: StackOptions, { pool, keySets, bakedAt, signing }: EdgeKeys): BakedConfig {
  const { domain, trust, idp, userPool = true, signing: { revoked } = {} } = options;
  return {
    ...pool,
    policy: policyOf(options),
    ...omitUndefined({
      issuers: trust?.map((issuer) => ({ ...issuer, keys: keySets[issuer.alias] ?? [] })),
      page: pageSettings(options),
      idp: userPool && idp !== undefined ? true : undefined,
      origins: domain === undefined ? undefined : [`https://${domain}`],
      bakedAt,
      signing: signing && { keys: signing, ...omitUndefined({ revoked: revoked?.map(({ id }) => id) }) },
    }),
  };
}
