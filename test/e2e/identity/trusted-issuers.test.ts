import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { applyOptions } from '../../../cli/commands/deploy.ts';
import { isUserError } from '../../../cli/errors.ts';
import type { StackOptions, TrustedIssuer } from '../../../infra/options.ts';
import { testContext } from '../../support/context.ts';
import { rsaKeyPair } from '../../support/keys/rsa-keys.ts';
import { listen } from '../../support/serve.ts';
import { awsClients } from '../aws-clients.ts';
import { type Computer, type DeployedStack, withCloud } from '../harness.ts';

type KeySets = Map<string, readonly object[]>;

/** Serves key sets at `/<alias>`, and responds with 503 for an unknown alias. */
function keyServer(t: TestContext, keySets: KeySets): Promise<string> {
  return listen(t, (incoming, response) => {
    const keys = keySets.get((incoming.url ?? '').slice(1));
    response.statusCode = keys === undefined ? 503 : 200;
    response.end(JSON.stringify({ keys }));
  });
}

const PUBLIC_KEY = rsaKeyPair().publicKey.export({ format: 'jwk' });

/** Returns keys as providers publish them, with certificates. */
function keysNamed(...kids: readonly string[]): readonly object[] {
  return kids.map((kid) => ({ ...PUBLIC_KEY, kid, use: 'sig', alg: 'RS256', x5c: ['M'.repeat(1600)] }));
}

function issuerAt(server: string, alias: string): TrustedIssuer {
  return {
    alias,
    kind: 'workload',
    iss: [`${server}/${alias}`],
    jwksUri: `${server}/${alias}`,
    token: 'id',
    name: ['sub'],
    rules: [{ when: [{ claim: ['repository_id'], is: ['42'] }], writeTo: '{issuer}/{sub}/' }],
  };
}

/** Changes the stored options, as the commands do. */
async function apply(computer: Computer, change: (kept: StackOptions) => StackOptions) {
  const { env, home } = computer;
  const options = { json: true, quiet: true, debug: false, color: false };
  const context = testContext({ env, home, cwd: home, options });
  return applyOptions(context, { yes: true }, (kept) => ({ options: change(kept) }));
}

interface Status {
  readonly differing: readonly string[];
  readonly issuers: readonly { readonly alias: string; readonly keys: Record<string, unknown> }[];
}

test('deploys 20 issuers with 5 RSA keys each, and keeps their keys current', async (t) => {
  const aliases = Array.from({ length: 20 }, (_, at) => `corp-${at}`);
  const five = (alias: string) => keysNamed(...[1, 2, 3, 4, 5].map((at) => `${alias}-${at}`));
  const keySets: KeySets = new Map(aliases.map((alias) => [alias, five(alias)]));
  const server = await keyServer(t, keySets);
  const trust = aliases.map((alias) => issuerAt(server, alias));
  await withCloud(async (computer, cloud) => {
    const first = await computer.json<DeployedStack>(['deploy', '--local', '--versioning']);
    const { document } = await apply(computer, (kept) => ({ ...kept, trust }));
    assert.equal(document.outcome, 'changed');
    assert.deepEqual((document.options as StackOptions).trust, trust);

    const aws = awsClients(t, cloud);
    const { TemplateBody = '' } = await aws.cloudformation.getTemplate({ StackName: 'edge-upload' });
    assert.ok(Buffer.byteLength(TemplateBody) > 51_200);
    // Searches with quotation marks, because random keys can contain the three letters.
    assert.ok(
      TemplateBody.includes('\\"kid\\"') && !TemplateBody.includes('\\"x5c\\"'),
      'certificates are not baked',
    );
    // Neither the template nor a version of it remains.
    const versions = await aws.s3.listObjectVersions({ Bucket: first.outputs.S3BucketName });
    assert.deepEqual([versions.Versions ?? [], versions.DeleteMarkers ?? []], [[], []]);

    const again = await computer.json<DeployedStack>(['deploy', '--local']);
    assert.equal(again.outcome, 'unchanged');
    const status = await computer.json<Status>(['status']);
    assert.deepEqual(status.differing, []);
    assert.deepEqual(
      status.issuers.map(({ alias }) => alias),
      aliases,
    );

    // One issuer replaces a key, another one is unreachable.
    keySets.set('corp-0', keysNamed('corp-0-5', 'corp-0-6'));
    keySets.delete('corp-1');
    const later = await computer.run(['status']);
    assert.match(later.stdout, /new: corp-0-6; withdrawn: corp-0-1, corp-0-2, .*the next deploy renews them/);
    assert.match(later.stdout, /keys of the issuer corp-1 .* unavailable .*status 503/);
    const doctor = await computer.run(['doctor']);
    assert.match(doctor.stdout, /issuers .*corp-0: keys changed/);
    assert.match(doctor.stderr, /corp-1 .* cannot follow a rotation of its keys/);

    const refused = await computer.run(['deploy', '--local']);
    assert.equal(refused.code, 5);
    assert.match(refused.stderr, /keys of the issuer corp-1 \(http.*\/corp-1\) are unavailable/);
    assert.match(refused.stderr, /edge-upload trust remove corp-1/);
    // A change of another issuer does not wait for it.
    const [rule] = trust[2]?.rules ?? [];
    assert.ok(rule !== undefined);
    const other = trust.map((one) =>
      one.alias === 'corp-2' ? { ...one, rules: [{ ...rule, maxSize: 5 }] } : one,
    );
    const { document: changed } = await apply(computer, (kept) => ({ ...kept, trust: other }));
    assert.equal(changed.outcome, 'changed');

    const { document: renewed } = await apply(computer, ({ trust: _, ...kept }) => ({
      ...kept,
      trust: trust.filter(({ alias }) => alias !== 'corp-1'),
    }));
    assert.equal(renewed.outcome, 'changed');
    const renewedStatus = await computer.run(['status']);
    assert.match(renewedStatus.stdout, /keys corp-0 +keys corp-0-5, corp-0-6, as deployed/);
    assert.doesNotMatch(renewedStatus.stdout, /corp-1 /);
    // `destroy --keep-data` also works with a template that is too large for a request.
    const destroyed = await computer.run(['destroy', '--yes', '--keep-data']);
    assert.equal(destroyed.code, 0, destroyed.stderr);
  });
});

test('prints how to add a user pool, adds it, and removes it', async (t) => {
  const server = await keyServer(t, new Map([['ci', keysNamed('1')]]));
  await withCloud(async (computer) => {
    const run = async (code: number, ...args: string[]) => {
      const ran = await computer.run(args);
      assert.equal(ran.code, code, `${args.join(' ')}\n${ran.stdout}${ran.stderr}`);
      return ran.stdout + ran.stderr;
    };
    const first = await run(0, 'deploy', '--local', '--no-user-pool');
    assert.match(first, /Nobody can upload yet/);
    assert.doesNotMatch(first, /Cognito|login --create/);
    assert.match(await run(2, 'doctor'), /Nobody can upload: .*no user pool.*\n.*\n.*trust --help/);
    for (const command of ['change', 'reset']) {
      assert.match(await run(2, 'password', command), /no user pool/);
    }
    await assert.rejects(
      apply(computer, () => ({ trust: [{ ...issuerAt(server, 'ci'), kind: 'pool' }] })),
      (error) => isUserError(error) && error.code === 'stack_failed',
    );
    await apply(computer, (kept) => ({ ...kept, trust: [issuerAt(server, 'ci')] }));
    assert.match(await run(0, 'status'), /trust ci +http.*\n +Callers with repository_id “42” .*\n.*keys ci/);
    assert.match(await run(0, 'deploy', '--local'), /up to date/);
    assert.match(
      await run(8, 'user', 'list'),
      /has no user pool.*\n.*\n.*deploy --user-pool --local --stack-name edge-upload/,
    );
    assert.match(
      await run(2, 'deploy', '--local', '--mfa', 'required'),
      /--mfa is an option of the user pool/,
    );

    assert.match(await run(0, 'deploy', '--local', '--user-pool'), /CognitoUserPoolId/);
    assert.match(await run(0, 'user', 'list'), /0 users/);
    const loss = await run(2, 'deploy', '--local', '--no-user-pool', '--yes');
    assert.match(loss, /loses data: the user pool \(all its users are lost\)/);
    await run(0, 'deploy', '--local', '--no-user-pool', '--yes', '--allow-data-loss');
    assert.doesNotMatch(await run(0, 'status'), /user pool +us-east-1/);
    // A retained pool leaves the stack, but is not deleted.
    await run(0, 'deploy', '--local', '--user-pool', '--retain-data');
    assert.match(await run(0, 'deploy', '--local', '--no-user-pool', '--yes'), /leave +user pool/);
    assert.match(await run(0, 'status'), /Kept: the user pool us-east-1_\w+ \(0 users\)/);
    await run(0, 'destroy', '--yes', '--delete-kept');
  });
});
