import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../../support/programs.ts';
import { openFaultyCloud } from '../faults/fixture.ts';

/** A cloud assembly of one stack, as a CDK app would write it, without roles of a bootstrapped account. */
function writeAssembly(folder: string, description: string): void {
  const file = (name: string, document: object) =>
    writeFileSync(join(folder, name), JSON.stringify(document));
  file('manifest.json', {
    version: '36.0.0',
    artifacts: {
      One: {
        type: 'aws:cloudformation:stack',
        environment: 'aws://unknown-account/us-east-1',
        properties: { templateFile: 'One.template.json', validateOnSynth: false },
        displayName: 'One',
      },
    },
  });
  file('One.template.json', {
    Resources: {
      Bucket: { Type: 'AWS::S3::Bucket', Properties: { Tags: [{ Key: 'what', Value: description }] } },
    },
    Outputs: { Name: { Value: { Ref: 'Bucket' } } },
  });
}

test('the CDK’s command line deploys, compares and destroys a stack', async (t) => {
  const { endpoint, cfn } = await openFaultyCloud(t);
  const home = mkdtempSync(join(tmpdir(), 'cdk-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const cdk = async (...args: string[]) => {
    const { code, stdout, stderr } = await runProgram(
      process.execPath,
      ['node_modules/aws-cdk/bin/cdk', ...args, '--app', home, '--no-notices', '--ci'],
      {
        env: {
          PATH: process.env.PATH,
          HOME: home,
          AWS_ENDPOINT_URL: endpoint,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          AWS_REGION: 'us-east-1',
          AWS_EC2_METADATA_DISABLED: 'true',
          CDK_DISABLE_CLI_TELEMETRY: '1',
        },
      },
    );
    assert.equal(code, 0, `cdk ${args.join(' ')}\n${stdout}${stderr}`);
    return stdout + stderr;
  };
  writeAssembly(home, 'first');
  assert.match(await cdk('deploy', '--require-approval', 'never'), /One\.Name = one-bucket-/);
  assert.match(await cdk('diff'), /There were no differences/);
  writeAssembly(home, 'second');
  assert.match(await cdk('diff'), /\[~\] AWS::S3::Bucket/);
  await cdk('destroy', '--force');
  assert.deepEqual((await cfn.describeStacks({})).Stacks, []);
});
