import { changed, flag, oneOf, optional, required, structure, text } from '../../shape.ts';
import type { StoredResponseHeadersPolicy } from '../model.ts';
import { name, within } from './shapes.ts';

type SetHeader = StoredResponseHeadersPolicy['set'][number];

const override = { Override: optional(flag(), false) };

const header = (header: string, value: string, { Override }: { readonly Override: boolean }): SetHeader => ({
  name: header,
  value,
  override: Override,
});

/**
 * The headers of a response headers policy's `SecurityHeadersConfig`.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html#understanding-response-headers-policies-security
 */
export const securityHeaders = changed(
  structure({
    ContentSecurityPolicy: optional(
      changed(structure({ ...override, ContentSecurityPolicy: required(name) }), (given) =>
        header('content-security-policy', given.ContentSecurityPolicy, given),
      ),
    ),
    ContentTypeOptions: optional(
      changed(structure(override), (given) => header('x-content-type-options', 'nosniff', given)),
    ),
    FrameOptions: optional(
      changed(structure({ ...override, FrameOption: required(oneOf(['DENY', 'SAMEORIGIN'])) }), (given) =>
        header('x-frame-options', given.FrameOption, given),
      ),
    ),
    ReferrerPolicy: optional(
      changed(structure({ ...override, ReferrerPolicy: required(name) }), (given) =>
        header('referrer-policy', given.ReferrerPolicy, given),
      ),
    ),
    StrictTransportSecurity: optional(
      changed(
        structure({
          ...override,
          AccessControlMaxAgeSec: optional(within(0, 2_147_483_647), 0),
          IncludeSubdomains: optional(flag()),
          Preload: optional(flag()),
        }),
        (given) => {
          const parts = [
            `max-age=${given.AccessControlMaxAgeSec}`,
            given.IncludeSubdomains && 'includeSubDomains',
            given.Preload && 'preload',
          ];
          return header('strict-transport-security', parts.filter(Boolean).join('; '), given);
        },
      ),
    ),
    XSSProtection: optional(
      changed(
        structure({
          ...override,
          ModeBlock: optional(flag()),
          Protection: optional(flag()),
          ReportUri: optional(text()),
        }),
        (given) => {
          const report = given.ReportUri;
          const parts = ['1', given.ModeBlock && 'mode=block', report !== undefined && `report=${report}`];
          return header('x-xss-protection', given.Protection ? parts.filter(Boolean).join('; ') : '0', given);
        },
      ),
    ),
  }),
  (given) => Object.values(given).filter((one) => one !== undefined),
);
