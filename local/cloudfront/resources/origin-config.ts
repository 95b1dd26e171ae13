import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import { changed, optional, required, structure, text } from '../../shape.ts';
import type { OriginConfig } from '../model.ts';
import { inert, invalidArgument, name, off, within } from './shapes.ts';

const s3Origin = structure({
  OriginAccessIdentity: optional(inert('')),
  OriginReadTimeout: optional(within(1, 120), 30),
});

/**
 * An S3 origin.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-distribution-origin.html
 */
export const origin = changed(
  structure(
    {
      ConnectionAttempts: optional(within(1, 3)),
      ConnectionTimeout: optional(within(1, 10)),
      DomainName: required(name),
      Id: required(name),
      OriginAccessControlId: optional(text()),
      OriginPath: optional(changed(text(), checkPath), ''),
      OriginShield: optional(structure({ Enabled: required(off), OriginShieldRegion: optional(text()) })),
      S3OriginConfig: required(s3Origin),
    },
    {
      notSupported: [
        'CustomOriginConfig',
        'OriginCustomHeaders',
        'ResponseCompletionTimeout',
        'VpcOriginConfig',
      ],
    },
  ),
  (given): OriginConfig => ({
    id: given.Id,
    domainName: given.DomainName,
    path: given.OriginPath,
    ...omitUndefined({ accessControlId: given.OriginAccessControlId || undefined }),
    readTimeoutSeconds: given.S3OriginConfig.OriginReadTimeout,
  }),
);

function checkPath(path: string): string {
  if (path === '' || /^\/.*[^/]$/.test(path)) return path;
  throw invalidArgument('The parameter OriginPath must begin with a slash and must not end with one.');
}
