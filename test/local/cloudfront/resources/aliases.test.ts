import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { connect, type SecureVersion } from 'node:tls';
import type { ViewerRequestEvent } from '../../../../local/cloudfront/data-plane/function/viewer-event.ts';
import type { JsonObject } from '../../../../local/json.ts';
import { deploy, distributionProperties, type Fixture, fixtureOf, SUFFIX } from '../fixture.ts';

const CERTIFICATE = {
  AcmCertificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012',
  MinimumProtocolVersion: 'TLSv1.2_2021',
  SslSupportMethod: 'sni-only',
};
const OWN = { Aliases: ['uploads.example.com'], ViewerCertificate: CERTIFICATE };

const change = (more: JsonObject) => (properties: JsonObject) => ({
  DistributionConfig: { ...(properties.DistributionConfig as JsonObject), ...more },
});

/** Sends a request to another host name than the connection's address. The TLS handshake names that host. */
async function ask(
  fixture: Fixture,
  url: string,
  name: string,
  host = name,
  maxVersion: SecureVersion = 'TLSv1.3',
) {
  const { port } = new URL(url);
  const ca = fixture.authority.caPem;
  const socket = connect({ host: '127.0.0.1', port: Number(port), servername: name, ca, maxVersion });
  let names = '';
  socket.once('secureConnect', () => {
    names = new X509Certificate(socket.getPeerX509Certificate()?.raw ?? '').subjectAltName ?? '';
  });
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.once('close', () => resolve(text)).once('error', reject);
    socket.write(`GET /k HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
  socket.destroy();
  return { status: Number(answer.split(' ')[1]), names };
}

test('answers to its own host name, with a certificate of that name', async (t) => {
  const fixture = await fixtureOf(t);
  const { url } = await deploy(fixture, change(OWN));
  const alias = await ask(fixture, url, 'uploads.example.com');
  assert.equal(alias.status, 200);
  assert.match(alias.names, /DNS:uploads\.example\.com/);
  // The function sees the distribution's own name, even if the viewer requested an alias.
  const event = fixture.events.at(-1) as ViewerRequestEvent;
  assert.equal(event.Records[0].cf.config.distributionDomainName, new URL(url).host);
  const { port } = new URL(url);
  assert.equal((await ask(fixture, url, 'uploads.example.com', `Uploads.Example.com:${port}`)).status, 200);
  const usual = await ask(fixture, url, 'localhost', `localhost:${port}`);
  assert.equal(usual.status, 200);
  assert.doesNotMatch(usual.names, /example/);
});

test('enforces TLS 1.2 or 1.3 for its names, as the newest policies say', async (t) => {
  for (const [MinimumProtocolVersion, tls12] of [
    ['TLSv1.2_2025', true],
    ['TLSv1.3_2025', false],
  ] as const) {
    const fixture = await fixtureOf(t);
    const ViewerCertificate = { ...CERTIFICATE, MinimumProtocolVersion };
    const { url } = await deploy(fixture, change({ ...OWN, ViewerCertificate }));
    const { host } = new URL(url);
    const status = async (name: string, version: SecureVersion) =>
      (await ask(fixture, url, name, name === 'localhost' ? host : name, version)).status;
    assert.equal(await status('uploads.example.com', 'TLSv1.3'), 200);
    assert.equal(await status('localhost', 'TLSv1.2'), 200);
    // Depending on the progress of the handshake, the client sees an error or an end without a response.
    const old = await status('uploads.example.com', 'TLSv1.2').catch(() => Number.NaN);
    assert.equal(old, tls12 ? 200 : Number.NaN);
  }
});

test('refuses unknown and removed names', async (t) => {
  const fixture = await fixtureOf(t);
  const { url, physicalId, accessControlId } = await deploy(fixture, change(OWN));
  await assert.rejects(ask(fixture, url, 'other.example.com'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  assert.equal((await ask(fixture, url, 'localhost', 'other.example.com')).status, 403);
  const previous = change(OWN)(distributionProperties(accessControlId));
  const properties = distributionProperties(accessControlId);
  await fixture.resource('Distribution').update({ physicalId, previous, properties });
  assert.equal((await ask(fixture, url, 'localhost', 'uploads.example.com')).status, 403);
  await assert.rejects(ask(fixture, url, 'uploads.example.com'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

test('refuses a name of another distribution', async (t) => {
  const fixture = await fixtureOf(t);
  const { physicalId, accessControlId } = await deploy(fixture, change(OWN));
  const properties = change(OWN)(distributionProperties(accessControlId));
  const create = { stackName: 'stack', logicalId: 'Other', suffix: SUFFIX.split('').reverse().join('') };
  await assert.rejects(fixture.resource('Distribution').create({ ...create, properties }), {
    code: 'CNAMEAlreadyExists',
  });
  await fixture.resource('Distribution').update({ physicalId, previous: properties, properties });
});

test('reports a Host of another distribution than the certificate’s as misdirected', async (t) => {
  const fixture = await fixtureOf(t);
  const first = await deploy(fixture, change(OWN));
  const OTHER = { ...OWN, Aliases: ['other.example.com'] };
  const properties = change(OTHER)(distributionProperties(first.accessControlId));
  const suffix = SUFFIX.split('').reverse().join('');
  const { attributes } = await fixture
    .resource('Distribution')
    .create({ stackName: 'stack', logicalId: 'Other', suffix, properties });
  for (const host of ['other.example.com', attributes.DomainName]) {
    assert.equal((await ask(fixture, first.url, 'uploads.example.com', host)).status, 421);
  }
  assert.equal((await ask(fixture, first.url, 'uploads.example.com', 'nobody.example.com')).status, 403);
});

test('refuses names and certificates that CloudFront would refuse', async (t) => {
  const fixture = await fixtureOf(t);
  const rows: readonly (readonly [JsonObject, string, RegExp])[] = [
    [{ Aliases: OWN.Aliases }, 'InvalidViewerCertificate', /must attach a trusted certificate/],
    [
      { ...OWN, ViewerCertificate: { CloudFrontDefaultCertificate: true } },
      'InvalidViewerCertificate',
      /must attach a trusted certificate/,
    ],
    [
      {
        ...OWN,
        ViewerCertificate: {
          ...CERTIFICATE,
          AcmCertificateArn: CERTIFICATE.AcmCertificateArn.replace('us-east-1', 'eu-west-1'),
        },
      },
      'InvalidViewerCertificate',
      /isn't in us-east-1/,
    ],
    [{ ...OWN, Aliases: ['no name'] }, 'InvalidRequest', /not a domain name/],
    [{ ...OWN, Aliases: ['*.example.com'] }, 'InvalidRequest', /does not support the wildcard in .*Aliases/],
    [
      { ...OWN, ViewerCertificate: { ...CERTIFICATE, MinimumProtocolVersion: 'TLSv1' } },
      'InvalidRequest',
      /does not support .*MinimumProtocolVersion with the value TLSv1,/,
    ],
    [
      { ...OWN, ViewerCertificate: { ...CERTIFICATE, SslSupportMethod: 'vip' } },
      'InvalidRequest',
      /does not support .*SslSupportMethod with the value vip/,
    ],
    [
      { ViewerCertificate: { IamCertificateId: 'x' } },
      'InvalidRequest',
      /does not support .*IamCertificateId/,
    ],
    [
      { WebACLId: 'arn:aws:wafv2:us-east-1:1:global/webacl/a/b' },
      'InvalidRequest',
      /does not support .*WebACLId/,
    ],
  ];
  for (const [more, code, message] of rows) {
    await assert.rejects(deploy(fixture, change(more)), { code, message }, JSON.stringify(more));
  }
});
