import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUserError } from '../../../cli/errors.ts';
import { cognitoUrl } from '../../../cli/network/aws.ts';

const url = (env: NodeJS.ProcessEnv) => cognitoUrl(env, 'eu-west-1');

test('the endpoint is the one that the environment names, or AWS’s own', () => {
  assert.equal(url({}), 'https://cognito-idp.eu-west-1.amazonaws.com');
  assert.equal(url({ AWS_ENDPOINT_URL: '' }), 'https://cognito-idp.eu-west-1.amazonaws.com');
  assert.equal(url({ AWS_ENDPOINT_URL: 'http://127.0.0.1:4599/' }), 'http://127.0.0.1:4599');
  const both = {
    AWS_ENDPOINT_URL: 'https://all.example',
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: 'https://one.example',
  };
  assert.equal(url(both), 'https://one.example');
  assert.equal(url({ ...both, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }), url({}));
});

test('an endpoint that is no address is refused by the name of its variable', () => {
  for (const value of [
    'nonsense',
    'localhost:4599',
    'ftp://host',
    'http://',
    'http:///path',
    'https://[::1',
    ' ',
  ]) {
    assert.throws(
      () => url({ AWS_ENDPOINT_URL: value }),
      (error) =>
        isUserError(error) && error.code === 'settings' && /AWS_ENDPOINT_URL is not/.test(error.message),
      value,
    );
  }
});
