import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { openAuthority } from '../../../local/tls/authority.ts';
import { namesOfAuthority } from '../../../local/tls/certificates.ts';
import { missing } from '../../support/programs.ts';

const run = promisify(execFile);
const NOW = new Date('2026-11-23T00:00:00Z');
const DAY_MS = 86_400_000;
const folders: string[] = [];

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'edge-upload-tls-'));
  folders.push(path);
  return path;
}

after(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

/** Starts an https server with a certificate of the authority. `use` gets its URL and the authority's file. */
async function served<T>(use: (url: string, caFile: string) => Promise<T>): Promise<T> {
  const authority = await openAuthority({ dir: folder(), now: () => new Date() });
  const server = createServer(await authority.serverCertificate([]), (_, response) =>
    response.end('trusted'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`, authority.caFile);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('the local certificate authority', () => {
  it('is created once a folder', async () => {
    const dir = folder();
    const first = await openAuthority({ dir, now: () => NOW });
    const second = await openAuthority({ dir, now: () => NOW });
    assert.equal(second.caPem, first.caPem);
    assert.equal(readFileSync(first.caFile, 'utf8'), first.caPem);
  });

  it('stores keys for the owner only, and leaves no temporary files', async () => {
    const dir = folder();
    const authority = await openAuthority({ dir, now: () => NOW });
    await authority.serverCertificate([]);
    assert.deepEqual(readdirSync(dir).sort(), ['ca.key', 'ca.pem', 'server.key', 'server.pem']);
    assert.equal(statSync(join(dir, 'ca.key')).mode & 0o777, 0o600);
    assert.equal(statSync(join(dir, 'server.key')).mode & 0o777, 0o600);
    assert.equal(statSync(authority.caFile).mode & 0o777, 0o644);
  });

  it('signs for loopback and the given hosts, for at most 398 days', async () => {
    const authority = await openAuthority({ dir: folder(), now: () => NOW });
    await authority.permit(['edge.test']);
    const { cert } = await authority.serverCertificate(['edge.test']);
    const certificate = new X509Certificate(cert);
    assert.equal(certificate.verify(new X509Certificate(authority.caPem).publicKey), true);
    for (const ip of ['127.0.0.1', '::1']) assert.notEqual(certificate.checkIP(ip), undefined);
    for (const host of ['localhost', 'edge.test']) assert.equal(certificate.checkHost(host), host);
    assert.equal(certificate.checkHost('elsewhere.test'), undefined);
    assert.equal(certificate.ca, false);
    const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY_MS;
    assert.ok(days <= 398 && days > 300, `${days} days`);
  });

  it('replaces a server certificate before it expires, or to add a host', async () => {
    const dir = folder();
    const at = (days: number) => openAuthority({ dir, now: () => new Date(NOW.getTime() + days * DAY_MS) });
    const first = await (await at(0)).serverCertificate([]);
    assert.equal((await (await at(300)).serverCertificate([])).cert, first.cert);
    const wider = await (await at(300)).serverCertificate(['edge.test']);
    assert.notEqual(wider.cert, first.cert);
    const renewed = await (await at(680)).serverCertificate(['edge.test']);
    assert.notEqual(renewed.cert, wider.cert);
  });

  it('creates a new pair if a crash left only half of it', async () => {
    const dir = folder();
    const first = await openAuthority({ dir, now: () => NOW });
    const server = await first.serverCertificate([]);
    rmSync(join(dir, 'ca.key'));
    const second = await openAuthority({ dir, now: () => NOW });
    assert.notEqual(second.caPem, first.caPem);
    const signed = await second.serverCertificate([]);
    assert.notEqual(signed.cert, server.cert);
    assert.equal(new X509Certificate(signed.cert).verify(new X509Certificate(second.caPem).publicKey), true);
  });

  it('signs only for names in use, as OpenSSL verifies', {
    skip: missing('openssl', 'version'),
  }, async () => {
    const dir = folder();
    const authority = await openAuthority({ dir, now: () => new Date() });
    /** Issues a certificate for any name with the stolen key, and returns OpenSSL's verdict. */
    const verdict = async (subject: string, ...names: string[]) => {
      const path = (file: string) => join(dir, file);
      const names3 = names.length === 0 ? [] : ['-addext', `subjectAltName=${names.join(',')}`];
      const keys = [
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        path('leaf.key'),
      ];
      const ca = ['-CA', authority.caFile, '-CAkey', path('ca.key'), '-days', '30'];
      await run('openssl', [
        'req',
        '-x509',
        ...keys,
        ...ca,
        '-subj',
        subject,
        ...names3,
        '-out',
        path('leaf.pem'),
      ]);
      const { stdout, stderr } = await run('openssl', [
        'verify',
        '-CAfile',
        authority.caFile,
        path('leaf.pem'),
      ]).catch((error: { stdout: string; stderr: string }) => error);
      return /permitted subtree violation/.test(stdout + stderr)
        ? 'refused'
        : stdout.trim().split(': ').at(-1);
    };
    for (const name of [
      'DNS:localhost',
      'DNS:a-bucket.localhost',
      'IP:127.0.0.1',
      'IP:127.9.9.9',
      'IP:::1',
    ]) {
      assert.equal(await verdict('/CN=leaf', name), 'OK', name);
    }
    for (const name of [
      'DNS:example.com',
      'DNS:*.com',
      'DNS:localhost.example.com',
      'DNS:edge.test',
      'IP:8.8.8.8',
      'IP:::2',
    ]) {
      assert.equal(await verdict('/CN=leaf', name), 'refused', name);
    }
    assert.equal(await verdict('/CN=leaf', 'DNS:localhost', 'DNS:example.com'), 'refused');
    assert.equal(await verdict('/CN=example.com'), 'refused', 'the name is in the subject only');
    await authority.permit(['edge.test']);
    assert.equal(await verdict('/CN=leaf', 'DNS:edge.test'), 'OK');
    assert.equal(await verdict('/CN=leaf', 'DNS:example.com'), 'refused');
    await authority.permit([]);
    assert.equal(await verdict('/CN=leaf', 'DNS:edge.test'), 'refused');
  });

  it('keeps its key and certificates when the names in use change', async () => {
    const dir = folder();
    const authority = await openAuthority({ dir, now: () => NOW });
    const first = authority.caPem;
    const { cert } = await authority.serverCertificate([]);
    await authority.permit([]);
    assert.equal(authority.caPem, first);
    await Promise.all([authority.permit(['b.test']), authority.permit(['b.test', 'a.test', 'a.test'])]);
    assert.notEqual(authority.caPem, first);
    assert.deepEqual(namesOfAuthority(authority.caPem), ['a.test', 'b.test']);
    assert.equal(new X509Certificate(cert).verify(new X509Certificate(authority.caPem).publicKey), true);
    assert.equal((await authority.serverCertificate([])).cert, cert);
    assert.equal((await openAuthority({ dir, now: () => NOW })).caPem, authority.caPem);
  });

  it('replaces an unconstrained authority with its key', {
    skip: missing('openssl', 'version'),
  }, async () => {
    const dir = folder();
    const [cert, key] = [join(dir, 'ca.pem'), join(dir, 'ca.key')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    await run('openssl', [
      'req',
      '-x509',
      ...curve,
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '900',
      '-subj',
      '/CN=old',
    ]);
    const former = readFileSync(key, 'utf8');
    const { caPem } = await openAuthority({ dir, now: () => new Date() });
    assert.deepEqual(namesOfAuthority(caPem), []);
    assert.notEqual(readFileSync(key, 'utf8'), former);
  });

  it('is trusted by curl with its certificate', { skip: missing('curl') }, async () => {
    const { stdout } = await served((url, ca) => run('curl', ['-sS', '--cacert', ca, url]));
    assert.equal(stdout, 'trusted');
  });

  it('is not trusted by curl by default', { skip: missing('curl') }, async () => {
    await assert.rejects(
      served((url) => run('curl', ['-sS', url])),
      /certificate/,
    );
  });

  it('is trusted by Node', async () => {
    const text = await served(
      (url, caFile) =>
        new Promise<string>((resolve, reject) => {
          request(url, { ca: readFileSync(caFile) }, (response) => {
            response.setEncoding('utf8').on('data', resolve);
          })
            .on('error', reject)
            .end();
        }),
    );
    assert.equal(text, 'trusted');
  });

  it('is trusted by Python with its strictest checks', {
    skip: missing('python3', '-c', 'import ssl'),
  }, async () => {
    const script = [
      'import ssl, sys, urllib.request',
      'context = ssl.create_default_context(cafile=sys.argv[2])',
      'context.verify_flags |= ssl.VERIFY_X509_STRICT',
      'print(urllib.request.urlopen(sys.argv[1], context=context).read().decode(), end="")',
    ].join('\n');
    const { stdout } = await served((url, ca) => run('python3', ['-c', script, url, ca]));
    assert.equal(stdout, 'trusted');
  });

  it('is trusted by botocore', { skip: missing('python3', '-c', 'import botocore') }, async () => {
    const script = [
      'import sys',
      'from botocore.awsrequest import AWSRequest',
      'from botocore.httpsession import URLLib3Session',
      'request = AWSRequest("GET", sys.argv[1]).prepare()',
      'print(URLLib3Session(verify=sys.argv[2]).send(request).content.decode(), end="")',
    ].join('\n');
    const { stdout } = await served((url, ca) => run('python3', ['-c', script, url, ca]));
    assert.equal(stdout, 'trusted');
  });
});
