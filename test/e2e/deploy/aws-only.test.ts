import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AwsClients, awsClients } from '../aws-clients.ts';
import { awsEnv, type DeployedStack, withCloud } from '../harness.ts';

/* Options that `--local` refuses. */

/** The embedded Cognito has no managed login, so `--local` refuses the option. The test's cloud accepts the resources. */
const FEDERATION = { EDGE_UPLOAD_LOCAL_FAULTS: '{"federation":true}' };

async function clientOf({ cognito }: AwsClients, { outputs }: DeployedStack) {
  const { CognitoUserPoolId: UserPoolId, CognitoAppClientId: ClientId } = outputs;
  const { UserPoolClient } = await cognito.describeUserPoolClient({ UserPoolId, ClientId });
  const { UserPool } = await cognito.describeUserPool({ UserPoolId });
  return { ...UserPoolClient, Domain: UserPool?.Domain };
}

async function typesOf({ cloudformation }: AwsClients): Promise<readonly (string | undefined)[]> {
  const { StackResources = [] } = await cloudformation.describeStackResources({ StackName: 'edge-upload' });
  return StackResources.map(({ ResourceType }) => ResourceType).filter((type) => type?.includes('Cognito'));
}

test('deploys an identity provider behind the pool, adds and removes it, and destroys it', async (t) => {
  await withCloud(async (computer, cloud) => {
    const clients = awsClients(t, cloud);
    const env = { ...awsEnv(computer, cloud), NODE_EXTRA_CA_CERTS: cloud.caFile };
    const deploy = (...flags: string[]) =>
      computer.json<DeployedStack>(['deploy', '--yes', ...flags], { env });
    const described = async ({ url }: DeployedStack) => {
      const { stdout } = await computer.run(['doctor', '--json'], { env });
      assert.doesNotMatch(stdout, /"state":"fail"/, url);
    };

    // A new stack with all of it: the identity half first, then the whole.
    const first = await deploy('--idp', 'saml:https://login.example.com/metadata', '--page');
    const client = await clientOf(clients, first);
    assert.deepEqual(client.SupportedIdentityProviders, ['idp']);
    assert.deepEqual(client.AllowedOAuthFlows, ['code']);
    assert.deepEqual(client.AllowedOAuthScopes, ['openid']);
    const commandLine = [21743, 25417, 28961].map((port) => `http://localhost:${port}/callback`);
    assert.deepEqual(client.CallbackURLs, [...commandLine, `${first.url}/`]);
    const { Stacks: [stack] = [] } = await clients.cloudformation.describeStacks({
      StackName: 'edge-upload',
    });
    assert.equal(client.Domain, `edge-upload-${stack?.StackId?.split('/')[2]}`);
    assert.deepEqual((await typesOf(clients)).slice().sort(), [
      'AWS::Cognito::UserPool',
      'AWS::Cognito::UserPoolClient',
      'AWS::Cognito::UserPoolDomain',
      'AWS::Cognito::UserPoolIdentityProvider',
    ]);
    await described(first);

    // Another change leaves the provider unchanged.
    const changed = await deploy('--max-size', '1 MB');
    assert.deepEqual(await clientOf(clients, changed), client);
    const moved = await deploy('--idp', 'saml:https://other.example.com/metadata');
    assert.deepEqual((await clientOf(clients, moved)).CallbackURLs, client.CallbackURLs);

    const without = await deploy('--unset', 'idp');
    const { SupportedIdentityProviders, CallbackURLs, Domain } = await clientOf(clients, without);
    assert.deepEqual([SupportedIdentityProviders, CallbackURLs, Domain], [['COGNITO'], undefined, undefined]);
    assert.equal(without.outputs.CognitoAppClientId, first.outputs.CognitoAppClientId);
    const again = await deploy('--idp', 'saml:https://login.example.com/metadata');
    assert.equal((await clientOf(clients, again)).Domain, client.Domain);
    assert.equal(again.outputs.CognitoUserPoolId, first.outputs.CognitoUserPoolId);

    const { code, stdout, stderr } = await computer.run(['destroy', '--yes'], { env });
    assert.equal(code, 0, `${stdout}${stderr}`);
    const { UserPools } = await clients.cognito.listUserPools({ MaxResults: 10 });
    assert.deepEqual(UserPools, []);
  }, FEDERATION);
});

/** The stack can contain what the embedded cloud lacks. Its KMS keys encrypt nothing, so that nobody is allowed to describe one. */
const AWS_ONLY = { EDGE_UPLOAD_LOCAL_FAULTS: '{"awsOnly":true,"operator":{"denied":["kms:DescribeKey"]}}' };

test('deploys a web ACL, scans and a KMS key, changes and removes them, and destroys them', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { cloudformation, kms } = awsClients(t, cloud);
    const env = { ...awsEnv(computer, cloud), NODE_EXTRA_CA_CERTS: cloud.caFile };
    const deploy = (...flags: string[]) => computer.run(['deploy', '--yes', ...flags], { env });
    const createKey = async () => {
      const { KeyMetadata } = await kms.createKey({
        KeySpec: 'ECC_NIST_EDWARDS25519',
        KeyUsage: 'SIGN_VERIFY',
      });
      return String(KeyMetadata?.Arn);
    };
    const settings = async () => {
      const { TemplateBody = '' } = await cloudformation.getTemplate({ StackName: 'edge-upload' });
      const { Resources } = JSON.parse(TemplateBody) as { Resources: Record<string, { Type: string }> };
      const all = JSON.stringify(Resources);
      return {
        acl: /"WebACLId":"([^"]*)"/.exec(all)?.[1],
        key: /"KMSMasterKeyID":"([^"]*)"/.exec(all)?.[1],
        scans: Object.values(Resources).filter(({ Type }) => Type.startsWith('AWS::GuardDuty::')).length,
      };
    };
    const [key, other] = [await createKey(), await createKey()];
    const acl = (name: string) => `arn:aws:wafv2:us-east-1:000000000000:global/webacl/${name}/1`;
    const isHealthy = async () => {
      const { code, stdout } = await computer.run(['doctor'], { env });
      assert.equal(code, 0, stdout);
      assert.match(stdout, /^ok +drift/m);
    };

    const options = ['--web-acl-arn', acl('a'), '--scan', '--kms-key', key, '--notify', 'ada@example.com'];
    const first = await deploy(...options);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /was not checked: kms:DescribeKey is not allowed/);
    assert.match(first.stdout, /Uploads fail until the policy of the key .* has this statement:/);
    assert.deepEqual(await settings(), { acl: acl('a'), key, scans: 1 });
    await isHealthy();

    const changed = await deploy('--web-acl-arn', acl('b'), '--kms-key', other);
    assert.equal(changed.code, 0, changed.stderr);
    assert.deepEqual(await settings(), { acl: acl('b'), key: other, scans: 1 });

    const without = await deploy('--unset', 'web-acl-arn', '--unset', 'scan', '--unset', 'kms-key');
    assert.equal(without.code, 0, without.stderr);
    assert.deepEqual(await settings(), { acl: undefined, key: undefined, scans: 0 });
    await isHealthy();

    const again = await deploy('--scan');
    assert.equal(again.code, 0, again.stderr);
    const { code, stdout, stderr } = await computer.run(['destroy', '--yes'], { env });
    assert.equal(code, 0, `${stdout}${stderr}`);
    assert.match(stdout, /nothing of it is left/);
  }, AWS_ONLY);
});
