import type { LogSink } from './cloudfront/data-plane/access-logs.ts';
import type { LogDelivery } from './s3/log-delivery.ts';
import { bucketOfHost } from './s3/names.ts';
import type { HttpHandler } from './wire/http.ts';

/** The service behind the host name of a CloudFront origin, and how its paths are addressed. */
export interface Origin {
  readonly handle: HttpHandler;
  /** Prepended to the path, because the embedded S3 uses path-style requests. */
  readonly pathPrefix: string;
  readonly host: string;
}

/** Finds buckets by the host names that a template's `RegionalDomainName` returns. There are no other origins. */
export function bucketOrigin(s3: HttpHandler): (hostname: string) => Origin | undefined {
  return (hostname) => {
    const bucket = bucketOfHost(hostname);
    return bucket === undefined ? undefined : { handle: s3, pathPrefix: `/${bucket}`, host: hostname };
  };
}

/** Delivers CloudFront's logs to buckets, which templates name by the same host names. */
export function bucketLogs(delivery: LogDelivery): LogSink {
  return {
    problem(bucketHost) {
      const bucket = bucketOfHost(bucketHost);
      if (bucket === undefined) return 'The parameter Logging Bucket does not refer to a valid S3 bucket.';
      return delivery.accepts(bucket)
        ? undefined
        : `The S3 bucket that you specified for CloudFront logs does not enable ACL access: ${bucketHost}`;
    },
    deliver(bucketHost, key, body) {
      const bucket = bucketOfHost(bucketHost);
      if (bucket !== undefined) delivery.deliver(bucket, key, body);
    },
  };
}
