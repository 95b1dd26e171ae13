import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PUBLISHED } from '../cli/identity/tokens/ci/published-claims.ts';
import { type DeployedStack, withCloud } from '../e2e/harness.ts';
import { signRs256 } from '../support/forge.ts';
import { rsaKeyPair } from '../support/rsa-keys.ts';
import { listen } from '../support/serve.ts';
import { openJob } from './runner.ts';

const REQUEST_TOKEN = 'request-token-of-this-job';

/** A GitHub of one's own: its issuer's documents, and the endpoint that gives jobs their tokens. */
async function openGitHub(t: TestContext) {
  const { privateKey, publicKey } = rsaKeyPair();
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS256', use: 'sig' };
  const given: string[] = [];
  const address = await listen(t, (request, response) => {
    const url = new URL(request.url ?? '', address);
    const documents: Record<string, () => object> = {
      '/_services/token/.well-known/openid-configuration': () => ({ issuer, jwks_uri: `${issuer}/jwks` }),
      '/_services/token/jwks': () => ({ keys: [key] }),
      '/token': () => {
        assert.equal(request.headers.authorization, `Bearer ${REQUEST_TOKEN}`);
        // The first token ended on its way: the edge refuses it.
        const iat = Math.floor(Date.now() / 1000) - (given.length === 0 ? 301 : 0);
        const { claims, lifetime } = PUBLISHED.github;
        const times = { iat, nbf: iat, exp: iat + lifetime };
        const token = signRs256(
          { ...claims, ...times, iss: issuer, aud: url.searchParams.get('audience'), jti: `${given.length}` },
          'key-1',
          privateKey,
        );
        given.push(token);
        return { value: token };
      },
    };
    const document = documents[url.pathname];
    response.statusCode = document === undefined ? 404 : 200;
    response.end(JSON.stringify(document?.() ?? {}));
  });
  const issuer = `${address}/_services/token`;
  return { address, given };
}

test('a GitHub job without secrets uploads with the action what the operator trusts it to upload', async (t) => {
  const [github, job] = await Promise.all([openGitHub(t), openJob(t)]);
  await withCloud(async (operator, cloud) => {
    const { url } = await operator.json<DeployedStack>(['deploy', '--local']);
    const trust = ['trust', 'github', 'acme/app', '--url', github.address, '--branch', 'main'];
    const ids = ['--repository-id', '67890', '--owner-id', '12345', '--write-to', 'ci/{repository}/'];
    await operator.json([...trust, ...ids]);

    await writeFile(join(job.workspace, 'app.tar'), 'built');
    const env = {
      NODE_EXTRA_CA_CERTS: cloud.caFile,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${github.address}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
    };
    const { code, log, outputs, summary } = await job.run({ url, path: 'app.tar' }, env);
    assert.equal(code, 0, log);
    assert.match(log, /Using the identity of GitHub Actions: repository=acme\/app, repository_id=67890/);
    assert.equal(JSON.parse(outputs.json ?? '').stored, 1);
    assert.match(summary, /ci\/acme\/app\/app&#46;tar/);
    assert.equal(github.given.length, 2, 'the refused token was replaced');

    const { code: got, stderr } = await operator.run(['get', 'ci/acme/app/app.tar', '--as', 'copy.tar']);
    assert.equal(got, 0, stderr);
    assert.equal(await readFile(join(operator.home, 'copy.tar'), 'utf8'), 'built');
    const seen = [log, summary, JSON.stringify(outputs)].join('\n');
    for (const secret of [REQUEST_TOKEN, ...github.given]) assert.ok(!seen.includes(secret));

    // Without the trust, the same job is refused.
    await operator.json(['trust', 'remove', 'github']);
    const removed = await job.run({ url, path: 'app.tar' }, env);
    assert.equal(removed.code, 4, removed.log);
  });
});
