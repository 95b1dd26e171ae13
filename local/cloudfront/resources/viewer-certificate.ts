import type { JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import {
  boolean,
  checkProperties,
  invalid,
  notDone,
  oneOf,
  optionalObject,
  requiredString,
  strings,
} from './properties.ts';

const CERTIFICATE = /^arn:aws:acm:us-east-1:\d{12}:certificate\/[\w-]+$/;
const HOST = /^(?:\*\.)?(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d-]{2,63}$/;

/**
 * Policies that Node's TLS keeps to. Older ones would let TLS 1.0 in, and Node does not speak it.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
 */
const POLICIES = ['TLSv1.2_2018', 'TLSv1.2_2019', 'TLSv1.2_2021', 'TLSv1.2_2025', 'TLSv1.3_2025'] as const;

type Policy = (typeof POLICIES)[number];

export interface ViewerNames {
  readonly aliases: readonly string[];
  /** Whether viewers that ask for one of these names must speak TLS 1.3. */
  readonly tls13Only: boolean;
}

function invalidCertificate(message: string): AwsError {
  return new AwsError('InvalidViewerCertificate', message);
}

/**
 * A distribution's own host names. There is no certificate manager here: the embedded cloud's authority signs for each
 * name, whichever certificate of us-east-1 the template names.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
 * @throws AwsError `InvalidViewerCertificate` for names without a certificate
 */
export function parseAliases(config: JsonObject, where: string): ViewerNames {
  const aliases = strings(config.Aliases, `${where}/Aliases`).map((name) => name.toLowerCase());
  const wrong = aliases.find((name) => !HOST.test(name));
  if (wrong !== undefined) throw invalid(`${where}/Aliases: “${wrong}” is not a domain name`);
  if (aliases.some((name) => name.startsWith('*.'))) throw notDone('aliases with a wildcard');
  const policy = checkCertificate(config, `${where}/ViewerCertificate`);
  if (aliases.length > 0 && policy === undefined) {
    throw invalidCertificate(
      'To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate that validates your authorization to use the domain name.',
    );
  }
  return { aliases, tls13Only: policy === 'TLSv1.3_2025' };
}

/** The security policy of the certificate that is named; `undefined` where none is. */
function checkCertificate(config: JsonObject, where: string): Policy | undefined {
  const certificate = optionalObject(config.ViewerCertificate, where);
  if (certificate === undefined) return undefined;
  checkProperties(certificate, where, {
    done: ['AcmCertificateArn', 'CloudFrontDefaultCertificate', 'MinimumProtocolVersion', 'SslSupportMethod'],
    notDone: ['IamCertificateId'],
  });
  if (certificate.AcmCertificateArn === undefined) {
    if (boolean(certificate.CloudFrontDefaultCertificate, false, `${where}/CloudFrontDefaultCertificate`))
      return undefined;
    throw invalidCertificate('The viewer certificate names no certificate.');
  }
  if (!CERTIFICATE.test(requiredString(certificate.AcmCertificateArn, `${where}/AcmCertificateArn`))) {
    throw invalidCertificate(
      "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain.",
    );
  }
  const method = oneOf(
    certificate.SslSupportMethod,
    ['sni-only', 'vip', 'static-ip'],
    `${where}/SslSupportMethod`,
  );
  if (method !== 'sni-only') throw notDone(`${where}/SslSupportMethod ${method}`);
  const given = certificate.MinimumProtocolVersion;
  const policy = POLICIES.find((one) => one === given);
  if (policy === undefined) {
    throw notDone(`${where}/MinimumProtocolVersion ${String(given)}, only ${POLICIES.join(', ')}`);
  }
  return policy;
}
