import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IUserPool, IUserPoolClient } from 'aws-cdk-lib/aws-cognito';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Stack, Token } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { EdgeKeys } from '../../infra/edge-code.ts';
import type { StackOptions } from '../../infra/options.ts';
import { createUploads, REGION } from '../../infra/upload-stack.ts';
import { omitUndefined } from '../../protocol/fields.ts';
import { nearestName } from '../nearest-name.ts';
import { KINDS, OPTION_NAMES } from '../stack/options/kinds.ts';
import { mergeOptions } from '../stack/options/merge-options.ts';
import { areTrusted } from '../stack/options/trusted-issuers.ts';
import { isSigning } from '../stack/signing/signing-options.ts';
import { requireSafe } from '../trust/safety.ts';
import { checkProps, usableKeys } from './check-props.ts';

export type { EdgeKeys, StackOptions };

export interface UploadEdgeProps {
  /** Options of `edge-upload deploy`. Default: every user of the pool can upload files of any size. */
  readonly options?: StackOptions;
  /**
   * Public keys that verify tokens. They become part of the edge function's code. A new user pool has no keys before it
   * is deployed: omit them at first, deploy, then set them and deploy again.
   */
  readonly keys?: EdgeKeys;
}

/**
 * The upload edge as a construct: a private bucket behind CloudFront, with a check of every upload at the edge. The
 * stack must be in us-east-1, where Lambda@Edge functions are created.
 */
export class UploadEdge extends Construct {
  readonly bucket: IBucket;
  /** Absent with `userPool: false`. */
  readonly userPool?: IUserPool;
  readonly userPoolClient?: IUserPoolClient;
  /** Absent without {@link UploadEdgeProps.keys}. */
  readonly distribution?: IDistribution;

  /**
   * @throws {Error} for a stack in another region, tags, options that `edge-upload deploy` refuses, and keys that
   * cannot verify tokens
   */
  constructor(scope: Construct, id: string, props: UploadEdgeProps = {}) {
    super(scope, id);
    checkProps(props);
    const { options = {}, keys } = props;
    const { region } = Stack.of(this);
    if (!Token.isUnresolved(region) && region !== REGION) {
      throw new Error(
        `UploadEdge needs a stack in ${REGION}, not in ${region}: Lambda@Edge functions are created there.`,
      );
    }
    const taken = usable(options);
    const edge = keys && usableKeys(keys, taken);
    const made = createUploads(this, { options: taken, ...omitUndefined({ edge }) });
    this.bucket = made.bucket;
    if (made.userPool) this.userPool = made.userPool;
    if (made.userPoolClient) this.userPoolClient = made.userPoolClient;
    if (made.distribution) this.distribution = made.distribution;
  }
}

function validity(name: string): ((value: unknown) => boolean) | undefined {
  if (name === 'trust') return areTrusted;
  if (name === 'signing') return isSigning;
  const option = OPTION_NAMES.find((one) => one === name);
  // A logo is the app's own text. The SVG parser of `deploy` would be larger than the rest of this bundle.
  return option && KINDS[option].isValid;
}

function requireKnown(name: string, value: unknown): void {
  const isValid = validity(name);
  if (isValid === undefined) {
    const meant = nearestName(name, Object.keys(KINDS));
    throw new Error(
      `UploadEdge has no option “${name}”${meant === undefined ? '' : ` (did you mean ${meant}?)`}.`,
    );
  }
  if (!isValid(value)) {
    throw new Error(`UploadEdge cannot use ${JSON.stringify(value)} as the option “${name}”.`);
  }
}

/** Returns the options if `edge-upload deploy` accepts them. Types do not check bounds, and JavaScript has no types. */
function usable(options: StackOptions): StackOptions {
  const { tags, ...given } = omitUndefined(options);
  if (tags !== undefined) throw new Error('UploadEdge does not support tags. Use Tags.of(…).add(…).');
  for (const [name, value] of Object.entries(given)) requireKnown(name, value);
  for (const { alias, iss, jwksUri } of given.trust ?? []) {
    const plain = [...iss, jwksUri].find((address) => !address.startsWith('https://'));
    if (plain !== undefined) {
      throw new Error(`The address “${plain}” of the issuer ${alias} does not begin with https://.`);
    }
  }
  const merged = mergeOptions(given, given);
  requireSafe(merged);
  return merged;
}
