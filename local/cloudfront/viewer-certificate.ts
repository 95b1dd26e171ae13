import type { JsonObject } from '../json.ts';
import { AwsError } from '../wire/errors.ts';
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

/** Policies that Node's TLS keeps to. Older ones would let TLS 1.0 in, and Node does not speak it. */
const POLICIES = ['TLSv1.2_2018', 'TLSv1.2_2019', 'TLSv1.2_2021', 'TLSv1.2_2025'];

function invalidCertificate(message: string): AwsError {
  return new AwsError('InvalidViewerCertificate', message);
}

/**
 * A distribution's own host names. There is no certificate manager here: the embedded cloud's authority signs for each
 * name, whichever certificate of us-east-1 the template names.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
 * @throws AwsError `InvalidViewerCertificate` for names without a certificate
 */
export function parseAliases(config: JsonObject, where: string): string[] {
  const aliases = strings(config.Aliases, `${where}/Aliases`).map((name) => name.toLowerCase());
  const wrong = aliases.find((name) => !HOST.test(name));
  if (wrong !== undefined) throw invalid(`${where}/Aliases: “${wrong}” is not a domain name`);
  if (aliases.some((name) => name.startsWith('*.'))) throw notDone('aliases with a wildcard');
  const hasCertificate = checkCertificate(config, `${where}/ViewerCertificate`);
  if (aliases.length > 0 && !hasCertificate) {
    throw invalidCertificate(
      'To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate that validates your authorization to use the domain name.',
    );
  }
  return aliases;
}

/** Whether a certificate of one's own is named. */
function checkCertificate(config: JsonObject, where: string): boolean {
  const certificate = optionalObject(config.ViewerCertificate, where);
  if (certificate === undefined) return false;
  checkProperties(certificate, where, {
    done: ['AcmCertificateArn', 'CloudFrontDefaultCertificate', 'MinimumProtocolVersion', 'SslSupportMethod'],
    notDone: ['IamCertificateId'],
  });
  if (certificate.AcmCertificateArn === undefined) {
    if (boolean(certificate.CloudFrontDefaultCertificate, false, `${where}/CloudFrontDefaultCertificate`))
      return false;
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
  const policy = certificate.MinimumProtocolVersion;
  if (typeof policy !== 'string' || !POLICIES.includes(policy)) {
    throw notDone(`${where}/MinimumProtocolVersion ${String(policy)}, only ${POLICIES.join(', ')}`);
  }
  return true;
}
