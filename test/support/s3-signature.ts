import type { AccessKey } from '../../local/auth/access-key.ts';
import type { SignOptions } from '../../local/auth/sigv4.ts';

const WELL_KNOWN: AccessKey = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Returns options that sign a request to the embedded S3 without its body. Default: the well-known key. */
export function s3Signing({ accessKeyId, secretAccessKey }: AccessKey = WELL_KNOWN): SignOptions {
  return {
    accessKeyId,
    secret: secretAccessKey,
    service: 's3',
    region: 'us-east-1',
    now: new Date(),
    payloadHash: 'UNSIGNED-PAYLOAD',
  };
}
