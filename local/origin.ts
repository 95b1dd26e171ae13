import { REGION } from './account.ts';
import type { HttpHandler } from './wire/http.ts';

/** Where CloudFront finds an origin: the service behind a host name, and how its paths are addressed there. */
export interface Origin {
  readonly handle: HttpHandler;
  /** Put before the path: the embedded S3 is addressed path style. */
  readonly pathPrefix: string;
  readonly host: string;
}

const BUCKET_HOST = new RegExp(
  `^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\\.s3(?:\\.${REGION})?\\.amazonaws\\.com$`,
);

/** Finds buckets by the virtual-host names that a template's `RegionalDomainName` gives; knows no other origin. */
export function bucketOrigin(s3: HttpHandler): (hostname: string) => Origin | undefined {
  return (hostname) => {
    const bucket = BUCKET_HOST.exec(hostname)?.[1];
    return bucket === undefined ? undefined : { handle: s3, pathPrefix: `/${bucket}`, host: hostname };
  };
}
