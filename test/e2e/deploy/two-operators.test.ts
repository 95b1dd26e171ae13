import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { waitUntilStackUpdateComplete } from '@aws-sdk/client-cloudformation';
import { packageVersion } from '../../../cli/package-root.ts';
import { awsClients } from '../aws-clients.ts';
import { type Computer, type DeployedStack, type LocalStatus, otherOperator, withCloud } from '../harness.ts';
import { startRecorder } from '../recorder.ts';

interface Failed {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

/** Opens two operators of one cloud. Before a given call of the first, the second runs commands. */
async function operators(t: TestContext, computer: Computer, cloud: LocalStatus) {
  const hook: { at?: string; run?: () => Promise<void> } = {};
  const recorder = await startRecorder(cloud, async (action) => {
    const { run } = hook;
    if (action.split(':')[1] !== hook.at || run === undefined) return;
    delete hook.run;
    await run();
  });
  t.after(() => recorder.close());
  // With the embedded cloud as AWS: credentials and endpoint from the environment.
  const other = await otherOperator(computer, cloud, recorder);
  const ran = async (at: Computer, args: readonly string[]) => {
    const { code, stdout, stderr } = await at.run([...args, '--stack-name', 'edge-upload', '--json']);
    return { code, stdout, said: `${args.join(' ')}\n${stdout}${stderr}` };
  };
  return {
    /** Runs a command of the second operator, which must succeed. */
    async second(...args: readonly string[]) {
      const { code, said } = await ran(computer, [...args, '--local']);
      assert.equal(code, 0, said);
    },
    /** Runs a command of the first operator. Before its call `at`, runs those of the second. */
    async first(args: readonly string[], at: string, run: () => Promise<void>) {
      Object.assign(hook, { at, run });
      const result = await ran(other, args);
      assert.equal(hook.run, undefined, `${at} is not called: ${result.said}`);
      assert.doesNotMatch(result.stdout, /Exception|ValidationError|NoSuchBucket/);
      return result;
    },
  };
}

test('completes, or prints the next command, if another operator is faster', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { cloudformation } = awsClients(t, cloud);
    const { first, second } = await operators(t, computer, cloud);
    const status = async () =>
      (await cloudformation.describeStacks({ StackName: 'edge-upload' })).Stacks?.[0]?.StackStatus;
    const deploy = (size: string) => ['deploy', '--yes', '--max-size', size];
    const destroy = ['destroy', '--yes'];

    await t.test('keeps a stack that was created after the plan was made', async () => {
      // Nobody can confirm the change.
      const { code, said } = await first(['deploy'], 'DeleteChangeSet', () => second(...deploy('1M')));
      assert.equal(code, 2, said);
      assert.equal(await status(), 'UPDATE_COMPLETE');
    });

    await t.test('a change', async () => {
      for (const [at, ...others] of [
        ['ExecuteChangeSet', deploy('2M')],
        ['DescribeChangeSet', deploy('3M'), deploy('4M')],
        ['CreateChangeSet', destroy],
        // The change set of a new stack.
        ['ExecuteChangeSet', deploy('5M')],
        ['ExecuteChangeSet', destroy],
      ] as const) {
        const { code, stdout, said } = await first(deploy('9M'), at, async () => {
          for (const other of others) await second(...other);
        });
        assert.equal(code, 8, said);
        const { error } = JSON.parse(stdout) as Failed;
        assert.equal(error.code, 'stack_failed');
        assert.equal(error.message, 'Something else deployed or deleted the stack “edge-upload” meanwhile.');
        assert.match(error.hint, /the same command again:\n {2}edge-upload status --stack-name edge-upload$/);
      }
    });

    await t.test('a deletion, and a link', async () => {
      await second(...deploy('6M'));
      const { code, said } = await first(destroy, 'DeleteStack', () => second(...destroy));
      assert.equal(code, 0, said);
      await second(...deploy('7M'));
      await second('key', 'create', 'camera', '--write-to', 'in/', '--expires', '1d', '--yes');
      const unlinked = await first(['link', 'create'], 'PutObject', () => second('key', 'rotate', '--yes'));
      assert.equal(unlinked.code, 8, unlinked.said);
      assert.match(unlinked.stdout, /The signing key was replaced while the link was created/);
      assert.deepEqual((await computer.json<{ links: object[] }>(['link', 'list'])).links, []);
      // The replaced key has signed a link that expires in 30 days. All other tokens expire earlier.
      const rotated = await first(['key', 'rotate', '--yes'], 'ExecuteChangeSet', () =>
        second('link', 'create', '--expires', '30d'),
      );
      assert.equal(rotated.code, 0, rotated.said);
      const { links } = await computer.json<{ links: { expiresAt: string; state: string }[] }>([
        'link',
        'list',
      ]);
      const { signingKeys } = await computer.json<{ signingKeys: { id: string; until?: string }[] }>([
        'status',
      ]);
      const until = signingKeys.find(({ id }) => id === '2')?.until ?? '';
      assert.equal(Date.parse(until), Date.parse(links[0]?.expiresAt ?? ''));
      const link = await first(['link', 'create'], 'PutObject', () => second(...destroy));
      assert.equal(link.code, 8, link.said);
      assert.match(link.stdout, /Somebody deleted the bucket/);
    });
  });
});

interface Template {
  readonly Metadata: { readonly 'edge-upload': { version: string } };
  readonly Resources: Readonly<Record<string, { Metadata?: object }>>;
}

interface Status {
  readonly deployedBy?: string;
  readonly differing: readonly string[] | null;
}

const StackName = 'edge-upload';

test('replaces the edge of a later version only on request', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { cloudformation } = awsClients(t, cloud);
    await computer.json(['deploy', '--local', '--yes']);
    const read = async (): Promise<Template> => {
      const { TemplateBody = '' } = await cloudformation.getTemplate({ StackName });
      return JSON.parse(TemplateBody) as Template;
    };
    const storedVersion = async () => (await read()).Metadata['edge-upload'].version;
    /** Deploys as another version does: with its number, and another resource. */
    const deployAs = async (version: string) => {
      const template = await read();
      template.Metadata['edge-upload'].version = version;
      const [first] = Object.values(template.Resources);
      assert.ok(first !== undefined);
      first.Metadata = { ...first.Metadata, from: version };
      const TemplateBody = JSON.stringify(template);
      await cloudformation.updateStack({ StackName, TemplateBody, Capabilities: ['CAPABILITY_IAM'] });
      await waitUntilStackUpdateComplete(
        { client: cloudformation, minDelay: 0.1, maxWaitTime: 60 },
        { StackName },
      );
    };
    const status = () => computer.json<Status>(['status']);

    const own = packageVersion();
    assert.equal(await storedVersion(), own);
    assert.equal((await status()).deployedBy, undefined);

    await deployAs('99.0.0-beta.1');
    for (const args of [
      ['deploy', '--local', '--yes'],
      ['deploy', '--local', '--yes', '--dry-run', '--max-size', '5G'],
      ['link', 'create', '--yes'],
      ['key', 'create', 'camera', '--write-to', 'camera/', '--yes'],
      ['trust', 'github', 'acme/site', '--yes'],
    ]) {
      const { code, stdout, stderr } = await computer.run(args);
      assert.equal(code, 8, `${args.join(' ')}\n${stdout}${stderr}`);
      assert.match(
        stderr,
        /^error: edge-upload 99\.0\.0-beta\.1 deployed the stack “edge-upload”; this is /m,
      );
      assert.match(stderr, /^ +edge-upload deploy --allow-downgrade /m);
    }
    assert.equal(await storedVersion(), '99.0.0-beta.1');
    const { deployedBy, differing } = await status();
    assert.deepEqual({ deployedBy, differing }, { deployedBy: '99.0.0-beta.1', differing: null });
    const screen = await computer.run(['status']);
    assert.match(screen.stdout, /^this version +\S+, but 99\.0\.0-beta\.1 deployed the stack$/m);
    assert.doesNotMatch(screen.stdout, /edge-upload deploy/);

    const { outcome } = await computer.json<DeployedStack & { readonly outcome: string }>([
      ...['deploy', '--local', '--yes', '--allow-downgrade'],
    ]);
    assert.equal(outcome, 'changed');
    assert.equal(await storedVersion(), own);

    // A pre-release is earlier than its release. What is no version is ignored.
    for (const version of ['0.0.1', `${own}-rc.1`, 'latest', '']) {
      await deployAs(version);
      await computer.json(['deploy', '--local', '--yes']);
      assert.equal(await storedVersion(), own, version);
    }
  });
});
