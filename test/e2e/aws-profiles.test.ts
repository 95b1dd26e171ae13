import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { computerAt } from './harness.ts';

/* Errors for an AWS profile without credentials. */

const skip = process.platform === 'win32' && 'the programs of these profiles are for a POSIX shell';

const ROLE = 'role_arn = arn:aws:iam::123456789012:role/r';
const SSO = 'sso_account_id = 123456789012\nsso_role_name = r';
const KEYS = '"AccessKeyId":"SECRET","SecretAccessKey":"SECRET"';

const PROFILES: Readonly<Record<string, string>> = {
  failing: `credential_process = sh -c 'echo SECRET >&2; echo SECRET; exit 3'`,
  missing: 'credential_process = /nowhere/program --token SECRET',
  garbled: 'credential_process = echo SECRET',
  expired: `credential_process = echo '{"Version":1,${KEYS},"Expiration":"2020-01-01T00:00:00Z"}'`,
  version: `credential_process = echo '{"Version":2,${KEYS}}'`,
  ofFailing: `${ROLE}\nsource_profile = failing`,
  ofNone: `${ROLE}\nsource_profile = none`,
  circle: `${ROLE}\nsource_profile = back`,
  back: `${ROLE}\nsource_profile = circle`,
  code: `${ROLE}\nsource_profile = keys\nmfa_serial = arn:aws:iam::123456789012:mfa/u`,
  keys: 'aws_access_key_id = AKIA\naws_secret_access_key = SECRET',
  half: 'aws_access_key_id = AKIA',
  sso: `sso_session = company\n${SSO}`,
  oldSso: `sso_start_url = https://company.awsapps.com/start\nsso_region = us-east-1\n${SSO}`,
  noSession: `sso_session = none\n${SSO}`,
  login: 'login_session = arn:aws:iam::123456789012:user/u',
  token: `${ROLE}\nweb_identity_token_file = /nowhere/token`,
  region: 'region = us-east-1',
};

/** The error for each profile: the end of the sentence that names it, and the command of the hint. */
const PRINTED: Readonly<Record<string, readonly [why: RegExp, command: RegExp]>> = {
  absent: [/“absent” does not exist\./, /aws configure list-profiles/],
  failing: [/: its credential_process failed\./, /aws sts get-caller-identity --profile failing/],
  missing: [/: its credential_process failed\./, /aws sts get-caller-identity --profile missing/],
  garbled: [/: its credential_process printed invalid JSON\./, /get-caller-identity --profile garbled/],
  expired: [/: its credential_process printed expired credentials\./, /--profile expired/],
  version: [/: its credential_process printed no “Version” 1\./, /--profile version/],
  ofFailing: [/: its source profile “failing”: its credential_process failed\./, /--profile failing/],
  ofNone: [/: its source profile “none”: it does not exist\./, /Correct the profile/],
  circle: [/: its source profiles form a loop\./, /Correct the profile/],
  code: [/: its role needs the code of an MFA device\./, /aws configure export-credentials --profile code/],
  half: [/: it has only half of an access key\./, /Correct the profile/],
  sso: [/: its sign-in has ended\./, /aws sso login --profile sso/],
  oldSso: [/: its sign-in has ended\./, /aws sso login --profile oldSso/],
  noSession: [/: its sso-session “none” does not exist\./, /Correct the profile/],
  login: [/: its sign-in has ended\./, /aws login --profile login/],
  token: [/: \/nowhere\/token cannot be read \(ENOENT\)\./, /Correct the profile/],
  region: [/the AWS profile “region” has no credentials\./, /aws configure/],
};

async function operator(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-profiles-'));
  t.after(() => rm(home, { recursive: true }));
  await mkdir(join(home, '.aws'));
  const sections = Object.entries(PROFILES).map(([name, settings]) => `[profile ${name}]\n${settings}\n`);
  const session =
    '[sso-session company]\nsso_start_url = https://company.awsapps.com/start\nsso_region = us-east-1\n';
  await writeFile(join(home, '.aws/config'), [...sections, session].join('\n'));
  return computerAt(home, { AWS_EC2_METADATA_DISABLED: 'true' });
}

for (const [profile, [why, command]] of Object.entries(PRINTED)) {
  test(`explains why the AWS profile “${profile}” has no credentials, without secrets`, {
    skip,
  }, async (t) => {
    const { code, stdout, stderr } = await (await operator(t)).run(['synth', '--profile', profile]);
    assert.equal(code, 8, stderr);
    assert.match(stderr, why);
    assert.match(stderr, command);
    assert.doesNotMatch(`${stdout}${stderr}`, /SECRET/);
  });
}

test('does not fall back to another identity after a failed profile', { skip }, async (t) => {
  const others = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'other' };
  const { code, stderr } = await (await operator(t)).run(['synth'], {
    env: { ...others, AWS_PROFILE: 'failing', AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/' },
  });
  assert.equal(code, 8, stderr);
  assert.match(stderr, /The AWS profile “failing” gave no credentials/);
});

test('uses a token file of the environment before the default profile, as the AWS CLI does', async (t) => {
  const computer = await operator(t);
  const config = join(computer.home, '.aws/config');
  const env = {
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/r',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/t',
  };
  const session =
    '[sso-session company]\nsso_start_url = https://company.awsapps.com/start\nsso_region = us-east-1\n';
  for (const [settings, printed] of [
    [`sso_session = company\n${SSO}`, /: \/nowhere\/t cannot be read \(ENOENT\)\./],
    [`${ROLE}\nsource_profile = half\n[profile half]\naws_access_key_id = AKIA`, /“half”: it has only half/],
  ] as const) {
    await writeFile(config, `[default]\n${settings}\n${session}`);
    assert.match((await computer.run(['synth'], { env })).stderr, printed);
  }
  await writeFile(config, `[default]\nsso_session = company\n${SSO}\n${session}`);
  const chosen = await computer.run(['synth', '--profile', 'default'], { env });
  assert.match(chosen.stderr, /“default” gave no credentials: its sign-in has ended/);
});

test('names incomplete credentials of the environment', async (t) => {
  const computer = await operator(t);
  const printed = async (env: NodeJS.ProcessEnv) => (await computer.run(['synth'], { env })).stderr;
  assert.match(
    await printed({ AWS_SECRET_ACCESS_KEY: 'SECRET' }),
    /no AWS credentials were found: AWS_SECRET_ACCESS_KEY is set without AWS_ACCESS_KEY_ID\./,
  );
  const token = {
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/r',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/t',
  };
  assert.match(await printed(token), /: \/nowhere\/t cannot be read \(ENOENT\)\./);
  assert.match(
    await printed({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/' }),
    /no AWS credentials were found: AWS_CONTAINER_CREDENTIALS_FULL_URI is set, but its credentials are unavailable\./,
  );
});
