import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudEnvironment, SHELLS, shellCommands } from '../../../cli/local-cloud/environment.ts';
import { missing, runProgram } from '../../support/programs.ts';

const CLOUD = { endpoint: 'http://127.0.0.1:4599', caFile: '/home/ada/tls/ca.pem' };
const KEY = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'a/b+c' };

test('the environment names endpoint, key, region and authority, and drops what would mislead', () => {
  const env = {
    AWS_ENDPOINT_URL_S3: 'https://elsewhere',
    AWS_ENDPOINT_URL: 'https://elsewhere',
    PATH: '/bin',
  };
  const { set, unset } = cloudEnvironment(env, CLOUD, KEY);
  assert.deepEqual(set, {
    AWS_ENDPOINT_URL: CLOUD.endpoint,
    AWS_ACCESS_KEY_ID: KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_CA_BUNDLE: CLOUD.caFile,
    NODE_EXTRA_CA_CERTS: CLOUD.caFile,
    NO_PROXY: '127.0.0.1,localhost',
    no_proxy: '127.0.0.1,localhost',
  });
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL_S3'])
    assert.ok(unset.includes(name), name);
  assert.ok(!unset.includes('AWS_ENDPOINT_URL') && !unset.includes('PATH'));
});

test('hosts without a proxy stay so, and loopback joins them once', () => {
  const noProxy = (env: Record<string, string>) => cloudEnvironment(env, CLOUD, KEY).set.NO_PROXY;
  assert.equal(noProxy({ NO_PROXY: '*' }), '*');
  assert.equal(noProxy({ NO_PROXY: '.corp, localhost' }), '.corp,localhost,127.0.0.1');
  assert.equal(noProxy({ no_proxy: 'lower', NO_PROXY: 'UPPER' }), 'lower,127.0.0.1,localhost');
  assert.equal(noProxy({ no_proxy: '', NO_PROXY: 'UPPER' }), 'UPPER,127.0.0.1,localhost');
});

const ODD = ` it's "odd" \\ $HOME \`id\` $(id) ! ; & \u2019 * ~ \\' `;

/** What each shell on this computer makes of the commands; the value it sees, and whether the other one is gone. */
const READ = {
  sh: { program: 'sh', args: ['-uc'], script: 'printf "%s|" "$CA"; env | grep ^AWS_PROFILE || printf gone' },
  fish: {
    program: 'fish',
    args: ['--no-config', '-c'],
    script: 'set -q AWS_PROFILE; or set AWS_PROFILE gone; printf "%s|%s" "$CA" "$AWS_PROFILE"',
  },
  powershell: {
    program: 'pwsh',
    args: ['-NoProfile', '-Command'],
    script: '[Console]::Write("$env:CA|" + $(if (Test-Path Env:AWS_PROFILE) { "there" } else { "gone" }))',
  },
};

for (const shell of SHELLS) {
  const { program, args, script } = READ[shell];
  test(`${shell} reads each value as it is`, { skip: missing(program) }, async () => {
    const commands = shellCommands({ set: { CA: ODD }, unset: ['AWS_PROFILE', 'NOT_SET'] }, shell);
    const { stdout, stderr } = await runProgram(program, [...args, [...commands, script].join('\n')], {
      env: { PATH: process.env.PATH, HOME: '/tmp', AWS_PROFILE: 'there' },
    });
    assert.equal(stderr, '');
    assert.equal(stdout, `${ODD}|gone`);
  });
}

test('values are quoted for each shell', () => {
  const quoted = (shell: (typeof SHELLS)[number]) =>
    shellCommands({ set: { A: `it's \\` }, unset: ['B'] }, shell);
  assert.deepEqual(quoted('sh'), [`export A='it'\\''s \\'`, 'unset B']);
  assert.deepEqual(quoted('fish'), [`set -gx A 'it\\'s \\\\'`, 'set -e B']);
  assert.deepEqual(quoted('powershell'), [
    `$env:A = 'it''s \\'`,
    'Remove-Item Env:B -ErrorAction SilentlyContinue',
  ]);
});
