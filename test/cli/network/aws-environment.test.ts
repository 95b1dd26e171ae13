import assert from 'node:assert/strict';
import { execPath } from 'node:process';
import { test } from 'node:test';
import { runProgram } from '../../support/programs.ts';
import { workerArgs } from '../../support/run/worker.ts';

/** Each of these variables would change the destination of a request or the key that signs it. */
const POISON = {
  AWS_ACCESS_KEY_ID: 'POISON',
  AWS_SECRET_ACCESS_KEY: 'poison',
  AWS_SESSION_TOKEN: 'poison',
  AWS_PROFILE: 'poison',
  AWS_REGION: 'eu-north-1',
  AWS_DEFAULT_REGION: 'eu-north-1',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1',
  AWS_USE_FIPS_ENDPOINT: 'true',
  AWS_USE_DUALSTACK_ENDPOINT: 'true',
  AWS_MAX_ATTEMPTS: 'poison',
  AWS_RETRY_MODE: 'poison',
  AWS_DEFAULTS_MODE: 'poison',
  AWS_CONFIG_FILE: '/nowhere/poison',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere/poison',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/poison',
  AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/poison',
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/poison',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_SDK_UA_APP_ID: 'poison',
  HOME: '/nowhere',
  HTTPS_PROXY: 'http://127.0.0.1:1',
};

/** Variables that the SDK is allowed to read. They choose no address and no key; the home folder is only for paths with `~`. */
const HARMLESS =
  /^(?:HOME|HOMEPATH|HOMEDRIVE|USERPROFILE|AWS_LAMBDA_FUNCTION_NAME|AWS_EXECUTION_ENV|AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED|AWS_ENABLE_DEFAULT_SOCKET_TIMEOUT_2026)$/;

test('takes AWS credentials and endpoints from the command’s environment, not the process’s', async () => {
  const { stdout, stderr, code } = await runProgram(execPath, workerArgs('test/cli/network/poisoned'), {
    env: { ...process.env, ...POISON },
  });
  assert.equal(code, 0, stderr);
  const { signed, looked }: Record<string, string[]> = JSON.parse(stdout);
  assert.deepEqual(
    signed,
    'CONTAINER ENDPOINT FLAG HOME KEYS PROFILE PROGRAM SERVICE SOURCE'
      .split(' ')
      .map((key) => `${key} us-east-1`),
  );
  const wrong = looked?.filter((name) => /^AWS_|HOME|PROFILE|PROXY/.test(name) && !HARMLESS.test(name));
  assert.deepEqual(wrong, []);
});
