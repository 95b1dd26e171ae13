import { changed, flag, type Infer, oneOf, structure, text, withDefault } from '../../shape.ts';
import { AwsError, notSupported } from '../../wire/errors.ts';
import type { DistributionConfig } from '../model.ts';
import { invalidArgument } from './shapes.ts';

const CERTIFICATE = /^arn:aws:acm:us-east-1:\d{12}:certificate\/[\w-]+$/;
const HOST = /^(?:\*\.)?(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d-]{2,63}$/;

/**
 * Security policies that Node's TLS supports. Older ones allow TLS 1.0, which Node does not.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
 */
const POLICIES = ['TLSv1.2_2018', 'TLSv1.2_2019', 'TLSv1.2_2021', 'TLSv1.2_2025', 'TLSv1.3_2025'];

/** An alternate domain name, lower case. */
export const alias = changed(text(), (given, place) => {
  const host = given.toLowerCase();
  if (!HOST.test(host)) throw new AwsError('InvalidRequest', `${place}: “${given}” is not a domain name`);
  if (host.startsWith('*.')) throw notSupported(`the wildcard in ${place}`);
  return host;
});

/** The security policy of a named certificate; none for CloudFront's own certificate. */
export const certificate = changed(
  structure(
    {
      AcmCertificateArn: text(),
      CloudFrontDefaultCertificate: withDefault(flag(), false),
      MinimumProtocolVersion: text(),
      SslSupportMethod: oneOf(['sni-only'], { notSupported: ['vip', 'static-ip'] }),
    },
    { notSupported: ['IamCertificateId'] },
  ),
  (given, place) => {
    const { AcmCertificateArn: arn, MinimumProtocolVersion: policy = 'TLSv1' } = given;
    if (arn === undefined) {
      if (given.CloudFrontDefaultCertificate) return {};
      throw invalidCertificate('The viewer certificate names no certificate.');
    }
    if (!CERTIFICATE.test(arn)) {
      throw invalidCertificate(
        "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain.",
      );
    }
    if (given.SslSupportMethod === undefined) {
      throw invalidArgument('The parameter SslSupportMethod is required.');
    }
    if (POLICIES.includes(policy)) return { policy };
    throw notSupported(
      `the property ${place}/MinimumProtocolVersion with the value ${policy}, only ${POLICIES.join(', ')}`,
    );
  },
);

/**
 * Returns a distribution's own host names. There is no certificate manager: the embedded cloud's authority signs for
 * each name, whichever certificate of us-east-1 the template names.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
 * @throws AwsError `InvalidViewerCertificate` for names without a certificate
 */
export function viewerNames(
  aliases: readonly string[],
  { policy }: Infer<typeof certificate> = {},
): Pick<DistributionConfig, 'aliases' | 'tls13Only'> {
  if (aliases.length > 0 && policy === undefined) {
    throw invalidCertificate(
      'To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate that validates your authorization to use the domain name.',
    );
  }
  return {
    ...(aliases.length > 0 && { aliases }),
    ...(policy === 'TLSv1.3_2025' && { tls13Only: true }),
  };
}

const invalidCertificate = (message: string) => new AwsError('InvalidViewerCertificate', message);
