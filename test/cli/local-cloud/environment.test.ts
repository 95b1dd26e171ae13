import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudEnvironment, type Shell, shellCommands } from '../../../cli/local-cloud/environment.ts';
import { runProgram } from '../../support/programs.ts';

const CLOUD = { endpoint: 'http://127.0.0.1:4599', caFile: '/home/ada/tls/ca.pem' };
const KEY = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'a/b+c' };

test('sets endpoint, key, region and authority, and unsets misleading variables', () => {
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

test('creates no commands from names of unrelated variables', () => {
  const names = [
    'AWS_ENDPOINT_URL_S3;touch x',
    'AWS_ENDPOINT_URL_$(id)',
    'AWS_ENDPOINT_URL_A\nid',
    'AWS_ENDPOINT_URL_',
  ];
  const { unset } = cloudEnvironment(Object.fromEntries(names.map((name) => [name, '1'])), CLOUD, KEY);
  for (const name of unset) assert.match(name, /^[A-Z_]+$/);
});

test('keeps the hosts of NO_PROXY, and adds loopback once', () => {
  const noProxy = (env: Record<string, string>) => cloudEnvironment(env, CLOUD, KEY).set.NO_PROXY;
  assert.equal(noProxy({ NO_PROXY: '*' }), '*');
  assert.equal(noProxy({ NO_PROXY: '.corp, localhost' }), '.corp,localhost,127.0.0.1');
  assert.equal(noProxy({ no_proxy: 'lower', NO_PROXY: 'UPPER' }), 'lower,127.0.0.1,localhost');
  assert.equal(noProxy({ no_proxy: '', NO_PROXY: 'UPPER' }), 'UPPER,127.0.0.1,localhost');
});

const ODD = ` it's "odd" \\ $HOME \`id\` $(id) ! ; & \u2019 * ~ \\' `;

test('prints values that a shell reads unchanged', async () => {
  const commands = shellCommands({ set: { CA: ODD }, unset: ['AWS_PROFILE', 'NOT_SET'] }, 'sh');
  const script = 'printf "%s|" "$CA"; env | grep ^AWS_PROFILE || printf gone';
  const { stdout, stderr } = await runProgram('sh', ['-uc', [...commands, script].join('\n')], {
    env: { PATH: process.env.PATH, AWS_PROFILE: 'there' },
  });
  assert.equal(stderr, '');
  assert.equal(stdout, `${ODD}|gone`);
});

test('quotes values for each shell', () => {
  const quoted = (shell: Shell) => shellCommands({ set: { A: `it's \\` }, unset: ['B'] }, shell);
  assert.deepEqual(quoted('sh'), [`export A='it'\\''s \\'`, 'unset B']);
  assert.deepEqual(quoted('fish'), [`set -gx A 'it\\'s \\\\'`, 'set -e B']);
  // PowerShell takes typographic quotes for plain ones.
  assert.deepEqual(shellCommands({ set: { A: '\u2019' }, unset: [] }, 'powershell'), [
    `$env:A = '\u2019\u2019'`,
  ]);
  assert.deepEqual(quoted('powershell'), [
    `$env:A = 'it''s \\'`,
    'Remove-Item Env:B -ErrorAction SilentlyContinue',
  ]);
});
