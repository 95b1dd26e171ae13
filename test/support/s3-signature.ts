import type { SignOptions } from '../../local/auth/sigv4.ts';

/** Signs a request to the embedded S3 as the account `test`, whatever its body. */
export function s3Signing(): SignOptions {
  return {
    accessKeyId: 'test',
    secret: 'test',
    service: 's3',
    region: 'us-east-1',
    now: new Date(),
    payloadHash: 'UNSIGNED-PAYLOAD',
  };
}
