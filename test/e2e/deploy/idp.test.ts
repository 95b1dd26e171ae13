import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AwsClients, awsClients } from '../aws-clients.ts';
import { awsEnv, type DeployedStack, withCloud } from '../harness.ts';

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
