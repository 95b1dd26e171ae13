import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { InUse } from '../../../cli/command-line.ts';
import { deploy } from '../../../cli/commands/deploy.ts';
import { destroy } from '../../../cli/commands/destroy.ts';
import { findTarget, refuseOtherAccount, requireTarget } from '../../../cli/commands/operator.ts';
import { policy } from '../../../cli/commands/policy.ts';
import { isUserError } from '../../../cli/errors.ts';
import { forgetDeployment, rememberDeployment, useDeployment } from '../../../cli/settings/deployments.ts';
import { resolveTarget } from '../../../cli/settings/target.ts';
import { rememberKept, rememberLeftover } from '../../../cli/stack/remains.ts';
import { testContext } from '../../support/context.ts';
import { workAgainst } from '../stack/world.ts';
import { ownFolder, withCode } from '../transfer/helpers/uploading.ts';

/** A computer that deployed two stacks, one after the other, and uploads to another operator's edge. */
async function computer(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-operator-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const known = { region: 'us-east-1', userPoolId: 'us-east-1_a', clientId: 'c' };
  for (const [name, bucket] of [
    ['theirs.example', undefined],
    ['first', 'b1'],
    ['second', 'b2'],
  ] as const) {
    const url = `https://${name}`;
    await rememberDeployment(testContext({ home }), { name, url, ...known, ...(bucket && { bucket }) });
  }
  return (env: Record<string, string> = {}, stackName?: string) =>
    testContext({
      home,
      env,
      options: { json: false, quiet: false, debug: false, color: false, ...(stackName && { stackName }) },
    });
}

test('operates the named stack, that of EDGE_UPLOAD_URL or the last one, and prints it', async (t) => {
  const at = await computer(t);
  const last = at();
  assert.equal((await requireTarget(last)).stackName, 'second');
  assert.match(JSON.stringify(last.events), /Deployment: second, the one used last/);
  await requireTarget(last);
  assert.equal(last.events.length, 1, 'printed once');
  const byUrl = at({ EDGE_UPLOAD_URL: 'https://first' });
  assert.equal((await requireTarget(byUrl)).stackName, 'first');
  assert.deepEqual(byUrl.events, []);
  const named = at({ EDGE_UPLOAD_URL: 'https://first' }, 'other');
  assert.deepEqual(await requireTarget(named), { stackName: 'other' });
});

test('falls back to no deployment if EDGE_UPLOAD_URL names an unknown edge', async (t) => {
  const at = await computer(t);
  for (const url of ['https://theirs.example', 'https://unknown.example']) {
    const refused = withCode(
      'no_deployment',
      new RegExp(`names ${url}, which was not deployed`),
      /--stack-name/,
    );
    await assert.rejects(requireTarget(at({ EDGE_UPLOAD_URL: url })), refused);
    await assert.rejects(destroy(at({ EDGE_UPLOAD_URL: url }), { yes: true }), refused);
    await assert.rejects(findTarget(at({ EDGE_UPLOAD_URL: url })), refused, 'also in deploy and synth');
  }
});

test('falls back to no deployment after the chosen one is forgotten', async (t) => {
  const at = await computer(t);
  const refused = withCode(
    'no_deployment',
    /No deployment is chosen/,
    /\n +edge-upload deployments use first/,
  );
  await forgetDeployment(at(), 'second');
  for (const command of [findTarget, requireTarget, resolveTarget])
    await assert.rejects(command(at()), refused);
  await assert.rejects(destroy(at(), { yes: true }), refused);
  await assert.rejects(deploy(at(), { yes: true }), refused);
  await forgetDeployment(at(), 'theirs.example');
  await assert.rejects(destroy(at(), { yes: true }), refused);
  await useDeployment(at(), 'first');
  assert.equal((await requireTarget(at())).stackName, 'first');
});

test('refuses to operate an edge on which the user only uploads', async (t) => {
  const at = await computer(t);
  await useDeployment(at(), 'theirs.example');
  const refused = withCode(
    'no_deployment',
    /theirs\.example, was not deployed/,
    /deployments use first\n.*use second/,
  );
  await assert.rejects(requireTarget(at()), refused);
  await assert.rejects(deploy(at(), { yes: true }), refused);
});

test('refuses two variables that name different deployments', async (t) => {
  const at = await computer(t);
  const env = { EDGE_UPLOAD_URL: 'https://first', EDGE_UPLOAD_STACK: 'second' };
  await assert.rejects(requireTarget(at(env, 'second')), withCode('usage', /“second”.*“first”/, /Unset/));
  assert.equal((await requireTarget(at({ ...env, EDGE_UPLOAD_STACK: 'first' }, 'first'))).stackName, 'first');
});

test('distinguishes stacks of the same name in an embedded cloud and on AWS', async (t) => {
  const at = await computer(t);
  assert.deepEqual(await requireTarget(at({}, 'first'), { local: true }), { stackName: 'first' });
  const context = at({}, 'first');
  await assert.rejects(deploy(context, { local: true, yes: true }), (error) => {
    assert.ok(isUserError(error) && error.code === 'usage');
    assert.match(error.message, /deployment on AWS/);
    const typed = new InUse({ stackName: 'first' }, ['deploy', '--local', '--yes']);
    assert.match(
      error.hintFor(typed) ?? '',
      /edge-upload deploy --yes --stack-name first\n.*deploy --local --yes --stack-name <name>$/,
    );
    return true;
  });
});

test('uses a given address with a warning if the deployments cannot be read', {
  skip: process.platform === 'win32' ? 'links need the rights of an administrator' : false,
}, async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-operator-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  await symlink('edge-upload', join(home, 'edge-upload'));
  const env = { XDG_CONFIG_HOME: home };
  const context = testContext({ home, env: { ...env, EDGE_UPLOAD_URL: 'https://first.example' } });
  assert.deepEqual(await resolveTarget(context), { url: 'https://first.example' });
  assert.deepEqual(
    context.events.map(({ type }) => type),
    ['note'],
  );
  assert.match(JSON.stringify(context.events), /deployments\.json cannot be used: .*symbolic link/);
  // Without an address, the deployment is unknown.
  await assert.rejects(resolveTarget(testContext({ home, env })), withCode('disk', /deployments\.json/));
});

test('asks which stack is meant if several left resources, and uses the only one', async (t) => {
  const home = await ownFolder(t);
  const context = testContext({ home, inUse: new InUse({}, ['status']) });
  await rememberLeftover(context, { functionName: 'f', stackName: 'first' });
  await rememberKept(context, { type: 'bucket', name: 'b', stackName: 'first' });
  assert.deepEqual(await requireTarget(context), { stackName: 'first' });
  await rememberKept(context, { type: 'bucket', name: 'c', stackName: 'second' });
  await assert.rejects(requireTarget(context), (error) => {
    assert.ok(isUserError(error) && error.code === 'no_deployment');
    assert.match(
      error.hintFor(context.inUse) ?? '',
      /status --stack-name first\n.*edge-upload status --stack-name second$/,
    );
    return true;
  });
});

test('refuses a stack name that CloudFormation does not accept', async (t) => {
  const at = await computer(t);
  for (const name of ['9x', 'a b', 'a_b', 'a'.repeat(129)])
    await assert.rejects(
      requireTarget(at({}, name)),
      withCode('usage', /not a valid stack name/, /128 letters/),
    );
});

test('refuses credentials of another account than that of the recorded stack', async (t) => {
  const { work } = await workAgainst(t, () => ({
    body: '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>222222222222</Account><Arn>arn:aws:iam::222222222222:root</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>',
  }));
  const of = (account: string) => ({
    stackName: 'first',
    known: { name: 'first', url: 'https://first', account },
  });
  await refuseOtherAccount(work, of('222222222222'));
  await assert.rejects(
    refuseOtherAccount(work, of('111111111111')),
    withCode('credentials', /account 111111111111; these .* 222222222222/, /deployments forget first/),
  );
});

test('refuses to print a policy that IAM does not accept, or that is for no account', async (t) => {
  const at = await computer(t);
  const longest = { account: '123456789012', bucketName: 'b'.repeat(63) };
  const context = at({}, 'a'.repeat(128));
  await assert.rejects(policy(context, longest), withCode('usage', /IAM accepts 6144/, /--deploy-only/));
  await policy(context, { ...longest, deployOnly: true });
  await assert.rejects(policy(at(), { account: '1' }), withCode('usage', /Use the 12 digits/));
});
