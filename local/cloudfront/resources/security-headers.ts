import type { Json, JsonObject } from '../../json.ts';
import type { StoredResponseHeadersPolicy } from '../model.ts';
import {
  boolean,
  checkProperties,
  integer,
  oneOf,
  optionalObject,
  optionalString,
  requiredString,
} from './properties.ts';

type SetHeader = StoredResponseHeadersPolicy['set'][number];

const MAX_AGE = { min: 0, max: 2_147_483_647, otherwise: 0 };

/**
 * The headers that a response headers policy's `SecurityHeadersConfig` stands for.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html#understanding-response-headers-policies-security
 */
export function securityHeaders(value: Json | undefined, where: string): SetHeader[] {
  const config = optionalObject(value, where) ?? {};
  checkProperties(config, where, { done: Object.keys(MAKERS) });
  return Object.entries(config).flatMap(([part, settings]) => {
    const make = MAKERS[part];
    const path = `${where}/${part}`;
    const object = optionalObject(settings, path);
    if (make === undefined || object === undefined) return [];
    checkProperties(object, path, { done: ['Override', ...make.properties] });
    const override = boolean(object.Override, false, `${path}/Override`);
    return [{ name: make.header, value: make.value(object, path), override }];
  });
}

interface Maker {
  readonly header: string;
  readonly properties: readonly string[];
  value(settings: JsonObject, where: string): string;
}

const MAKERS: Readonly<Record<string, Maker>> = {
  ContentSecurityPolicy: {
    header: 'content-security-policy',
    properties: ['ContentSecurityPolicy'],
    value: (settings, where) => requiredString(settings.ContentSecurityPolicy, where),
  },
  ContentTypeOptions: { header: 'x-content-type-options', properties: [], value: () => 'nosniff' },
  FrameOptions: {
    header: 'x-frame-options',
    properties: ['FrameOption'],
    value: (settings, where) => oneOf(settings.FrameOption, ['DENY', 'SAMEORIGIN'], where),
  },
  ReferrerPolicy: {
    header: 'referrer-policy',
    properties: ['ReferrerPolicy'],
    value: (settings, where) => requiredString(settings.ReferrerPolicy, where),
  },
  StrictTransportSecurity: {
    header: 'strict-transport-security',
    properties: ['AccessControlMaxAgeSec', 'IncludeSubdomains', 'Preload'],
    value: (settings, where) =>
      [
        `max-age=${integer(settings.AccessControlMaxAgeSec, MAX_AGE, where)}`,
        ...(boolean(settings.IncludeSubdomains, false, where) ? ['includeSubDomains'] : []),
        ...(boolean(settings.Preload, false, where) ? ['preload'] : []),
      ].join('; '),
  },
  XSSProtection: {
    header: 'x-xss-protection',
    properties: ['ModeBlock', 'Protection', 'ReportUri'],
    value: (settings, where) => {
      const report = optionalString(settings.ReportUri, where);
      if (!boolean(settings.Protection, false, where)) return '0';
      const block = boolean(settings.ModeBlock, false, where) ? '; mode=block' : '';
      return report === undefined ? `1${block}` : `1${block}; report=${report}`;
    },
  },
};
