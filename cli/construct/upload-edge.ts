import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IUserPool, IUserPoolClient } from 'aws-cdk-lib/aws-cognito';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Stack, Token } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { omitUndefined } from '../protocol/omit-undefined.ts';
import { isPrefixRule } from '../protocol/prefix-rule.ts';
import type { EdgeKeys } from './edge-keys.ts';
import type { StackOptions } from './options.ts';
import { createUploads, REGION } from './uploads.ts';

export type { EdgeKeys, StackOptions };

export interface UploadEdgeProps {
  /** Options of `edge-upload deploy`. Absent: every user of the pool uploads files of any size. */
  readonly options?: StackOptions;
  /**
   * Public keys that the edge verifies tokens with. They are part of its code, and a new user pool has none before it is
   * deployed: leave them out at first, deploy, then give them and deploy again.
   */
  readonly keys?: EdgeKeys;
}

/**
 * The upload edge in a stack of your own: a private bucket behind CloudFront, guarded at the edge. The stack must be in
 * us-east-1, where Lambda@Edge functions are created.
 */
export class UploadEdge extends Construct {
  readonly bucket: IBucket;
  /** Absent with `userPool: false`. */
  readonly userPool?: IUserPool;
  readonly userPoolClient?: IUserPoolClient;
  /** Absent without {@link UploadEdgeProps.keys}. */
  readonly distribution?: IDistribution;

  /** @throws {Error} for a stack in another region, tags, and a rule under which two users could write the same keys */
  constructor(scope: Construct, id: string, { options = {}, keys }: UploadEdgeProps = {}) {
    super(scope, id);
    const { region } = Stack.of(this);
    if (!Token.isUnresolved(region) && region !== REGION) {
      throw new Error(
        `UploadEdge needs a stack in ${REGION}, not in ${region}: Lambda@Edge functions are created there.`,
      );
    }
    requireUsable(options);
    const made = createUploads(this, { options, ...omitUndefined({ edge: keys }) });
    this.bucket = made.bucket;
    if (made.userPool) this.userPool = made.userPool;
    if (made.userPoolClient) this.userPoolClient = made.userPoolClient;
    if (made.distribution) this.distribution = made.distribution;
  }
}

function requireUsable({ writeTo, trust = [], tags }: StackOptions): void {
  if (tags !== undefined) throw new Error('UploadEdge takes no tags: use Tags.of(…).add(…).');
  const rules = [writeTo, ...trust.flatMap((issuer) => issuer.rules.map((rule) => rule.writeTo))];
  for (const rule of rules) {
    if (rule === undefined || isPrefixRule(rule)) continue;
    throw new Error(
      `The prefix “${rule}” could give two users the same keys: each placeholder must fill a whole segment, between slashes.`,
    );
  }
}
