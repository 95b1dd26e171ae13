import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAuthority } from '../../../local/tls/authority.ts';
import { computerAt } from '../../e2e/harness.ts';
import { ownFolder } from '../transfer/helpers/uploading.ts';

const now = () => new Date();

test('reports what is wrong with a file of NODE_EXTRA_CA_CERTS', async (t) => {
  const home = await ownFolder(t);
  const authority = await openAuthority({ dir: join(home, 'authority'), now });
  const server = createServer(await authority.serverCertificate(['localhost']));
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const pem = readFileSync(authority.caFile);
  const other = await openAuthority({ dir: join(home, 'other'), now });
  const files: readonly (readonly [name: string, content: Buffer | string, printed: RegExp])[] = [
    ['root.der', new X509Certificate(pem).raw, /root\.der, which is in DER[\s\S]*openssl x509 -inform der/],
    ['empty.pem', '', /empty\.pem, which contains no certificate\./],
    ['cut.pem', pem.subarray(0, 200), /cut\.pem, which contains no certificate\./],
    [
      'damaged.pem',
      pem.toString().replace(/\n[\w+/]{9}/, '\nAAAAAAAAA'),
      /damaged\.pem, which contains a damaged certificate\./,
    ],
    ['other.pem', readFileSync(other.caFile), /other\.pem, which does not contain that authority\./],
  ];
  for (const [name, content] of files) await writeFile(join(home, name), content);
  const env = { EDGE_UPLOAD_URL: url, EDGE_UPLOAD_TOKEN: 'a.b.c' };
  const whoami = (file: string) =>
    computerAt(home, { ...env, NODE_EXTRA_CA_CERTS: join(home, file) }).built.run(['whoami']);
  const absent = ['absent.pem', /absent\.pem, which cannot be read \(ENOENT\)\./] as const;
  for (const [name, printed] of [...files.map(([file, , text]) => [file, text] as const), absent]) {
    const { code, stderr } = await whoami(name);
    assert.equal(code, 5, stderr);
    assert.match(stderr, /is signed by an unknown authority\. NODE_EXTRA_CA_CERTS names /);
    assert.match(stderr, printed);
  }
});
