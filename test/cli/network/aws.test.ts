import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isUserError } from '../../../cli/errors.ts';
import { operatorClients } from '../../../cli/network/aws.ts';
import { awsCredentials } from '../../../cli/network/aws-credentials.ts';
import { credentialsOf } from '../../../cli/network/credential-source.ts';
import { poolEndpoint } from '../../../cli/network/user-pool-client.ts';
import { createSentCredentials } from '../../../cli/sent-credentials.ts';

const REAL = { url: 'https://d111111abcdef8.cloudfront.net', region: 'eu-west-1' };
const LOCAL = { url: 'https://localhost:4600', region: 'us-east-1' };
const OF_AWS = 'https://cognito-idp.us-east-1.amazonaws.com';

async function operatorsCognito(env: NodeJS.ProcessEnv): Promise<string> {
  const clients = await operatorClients(
    { env, sent: createSentCredentials(), home: '/nowhere', execPath: process.execPath },
    {},
  );
  clients.close();
  return clients.cognitoUrl;
}

test('sends the operator’s calls to AWS_ENDPOINT_URL, or to AWS', async () => {
  assert.equal(await operatorsCognito({}), OF_AWS);
  assert.equal(await operatorsCognito({ AWS_ENDPOINT_URL: '' }), OF_AWS);
  assert.equal(
    await operatorsCognito({ AWS_ENDPOINT_URL: 'http://127.0.0.1:4599/' }),
    'http://127.0.0.1:4599',
  );
  const both = {
    AWS_ENDPOINT_URL: 'https://all.example',
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: 'https://one.example',
  };
  assert.equal(await operatorsCognito(both), 'https://one.example');
  assert.equal(await operatorsCognito({ ...both, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }), OF_AWS);
});

test('signs in to a real deployment at AWS, despite AWS_ENDPOINT_URL', () => {
  for (const endpoint of ['http://127.0.0.1:4599', 'http://localhost:1', 'https://collector.example']) {
    for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER']) {
      assert.equal(poolEndpoint({ [name]: endpoint }, REAL), 'https://cognito-idp.eu-west-1.amazonaws.com');
    }
  }
});

test('signs in to an embedded deployment at its own cloud on this computer', () => {
  const endpoint = 'http://127.0.0.1:4599';
  const elsewhere = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
  const local = { endpoint, caFile: '' };
  assert.equal(poolEndpoint(elsewhere, { ...LOCAL, local }), endpoint);
  assert.equal(poolEndpoint({ AWS_ENDPOINT_URL: `${endpoint}/` }, LOCAL), endpoint);
  assert.equal(poolEndpoint({ AWS_ENDPOINT_URL: 'https://collector.example' }, LOCAL), OF_AWS);
  assert.equal(poolEndpoint({}, LOCAL), OF_AWS);
});

test('names the variable of an endpoint that is not a URL', async () => {
  for (const value of [
    'nonsense',
    'localhost:4599',
    'ftp://host',
    'http://',
    'http:///path',
    'https://[::1',
    ' ',
  ]) {
    await assert.rejects(
      operatorsCognito({ AWS_ENDPOINT_URL: value }),
      (error) =>
        isUserError(error) && error.code === 'settings' && /AWS_ENDPOINT_URL is not/.test(error.message),
      value,
    );
  }
});

test('checks an endpoint of the configuration files like one of the environment', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-upload-aws-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const withEndpoint = (value: string, name: string) => {
    const file = join(folder, name);
    writeFileSync(file, `[default]\nendpoint_url = ${value}\n`);
    return operatorsCognito({ AWS_CONFIG_FILE: file });
  };
  assert.equal(await withEndpoint('https://one.example', 'good'), 'https://one.example');
  await assert.rejects(
    withEndpoint('ftp://host', 'bad'),
    (error) =>
      isUserError(error) &&
      error.code === 'settings' &&
      /endpoint_url of the AWS profile “default” is not/.test(error.message) &&
      String(error.hint).includes(join(folder, 'bad')),
  );
});

test('names an AWS profile that does not exist', async () => {
  const env = { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' };
  const place = { env, home: '/nowhere', execPath: process.execPath, region: 'us-east-1', profile: 'acme' };
  await assert.rejects(awsCredentials(place)(), {
    name: 'UserError',
    message: 'The AWS profile “acme” does not exist.',
  });
  // The AWS CLI reads such names, the SDK does not.
  for (const profile of ['a b', 'é'])
    await assert.rejects(awsCredentials({ ...place, profile })(), {
      code: 'credentials',
      message: `The AWS SDK cannot read the name of the AWS profile “${profile}”.`,
    });
});

test('refuses credentials that no header can contain before a request', async () => {
  const key = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };
  for (const wrong of [
    { AWS_ACCESS_KEY_ID: 'AKIA\n' },
    { AWS_SECRET_ACCESS_KEY: 'sécret' },
    { AWS_SESSION_TOKEN: 'a\r\nb' },
  ]) {
    const env = { ...key, ...wrong };
    const place = { env, home: '/nowhere', execPath: process.execPath, region: 'us-east-1' };
    await assert.rejects(awsCredentials(place)(), {
      name: 'CredentialsProviderError',
      message: /^the AWS credentials contain a space/,
    });
  }
});

test('uses an endpoint of one AWS region for that region only', async (t) => {
  const regionsOf = async (endpoint: string) => {
    const env = { AWS_ENDPOINT_URL: endpoint };
    const context = { env, sent: createSentCredentials(), home: '/nowhere', execPath: process.execPath };
    const clients = await operatorClients(context, {});
    t.after(() => clients.close());
    const hosts = [clients.lambda, clients.lambdaIn('us-east-1'), clients.lambdaIn('us-west-2')].map(
      async ({ config }) => (await config.endpoint?.())?.hostname,
    );
    return Promise.all(hosts);
  };
  const ofEast = 'lambda.us-east-1.amazonaws.com';
  assert.deepEqual(await regionsOf(`https://${ofEast}`), [ofEast, ofEast, undefined]);
  const stand = '127.0.0.1';
  assert.deepEqual(await regionsOf(`http://${stand}:4599`), [stand, stand, stand]);
});

test('ends the search for credentials if an endpoint of the machine does not respond', async (t) => {
  // Not the profiles of the person who runs the tests.
  const env = { ...process.env };
  t.after(() => {
    process.env = env;
  });
  process.env = { ...env, AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull };
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const found = credentialsOf(undefined, {
    ofProfile: () => assert.fail('no profile is set up'),
    ofAll: () => {
      setImmediate(() => t.mock.timers.tick(30_000));
      return new Promise(() => {});
    },
  });
  await assert.rejects(found, { name: 'CredentialsProviderError', message: /from any providers/ });
});
