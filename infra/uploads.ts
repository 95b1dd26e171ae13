import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IUserPool, IUserPoolClient } from 'aws-cdk-lib/aws-cognito';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { BakedConfig } from '../edge/config.ts';
import { omitUndefined } from '../protocol/fields.ts';
import { createDistribution } from './edge.ts';
import { type EdgeKeys, edgeCode, pageFiles, pageSettings } from './edge-code.ts';
import { allowPage } from './federation.ts';
import { createBucket, createUserPool, createUserPoolClient } from './identity.ts';
import { createNotice } from './notice.ts';
import { policyOf, type StackOptions } from './options.ts';
import { createScan } from './scan.ts';
import { createSigningKeys } from './signing-key.ts';

/** The region that Lambda@Edge functions must be in. */
export const REGION = 'us-east-1';

export interface UploadsProps {
  /**
   * Absent: only the identity half is created (user pool, client, bucket, signing keys). The whole stack leaves that
   * half unchanged, except for the redirect URLs of a client with a page.
   */
  readonly edge?: EdgeKeys;
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
    code: edgeCode(bakedConfig(options, edge), pageFiles(options)),
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

/** Returns the configuration for the edge function's code. */
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
