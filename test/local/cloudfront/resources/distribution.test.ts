import assert from 'node:assert/strict';
import { mkdirSync, renameSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { send } from '../client.ts';
import {
  ACCESS_CONTROL,
  deploy,
  distributionProperties,
  type Fixture,
  openFixture,
  SUFFIX,
  VERSION_ARN,
  withBehavior,
} from '../fixture.ts';

describe('AWS::CloudFront::Distribution', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await openFixture();
  });
  const closing = (test: () => Promise<void>) => async () => {
    try {
      await test();
    } finally {
      await fixture.close();
    }
  };

  it(
    'is created as the CDK synthesizes it, with its domain name',
    closing(async () => {
      const deployed = await deploy(fixture);
      assert.equal(deployed.physicalId, 'EABCDEFGHIJ012');
      assert.deepEqual(Object.keys(deployed.attributes).sort(), ['DomainName', 'Id']);
      const [, port] = /^127\.0\.0\.1:(\d+)$/.exec(deployed.attributes.DomainName ?? '') ?? [];
      const isLasting = Number(port) >= 20_000 && Number(port) < 32_768;
      assert.ok(isLasting, `${port}: an outgoing connection can have it while the cloud is stopped`);
      assert.equal((await send(fixture, `${deployed.url}/k`, { method: 'PUT', body: 'x' })).status, 200);
      assert.deepEqual(fixture.cloudfront.distributions(), [
        { id: deployed.physicalId, domainName: deployed.attributes.DomainName, enabled: true },
      ]);
      assert.deepEqual(fixture.cloudfront.pageOrigins(), [`https://${deployed.attributes.DomainName}`]);
    }),
  );

  it(
    'is not created twice by a repeated request',
    closing(async () => {
      const first = await deploy(fixture);
      await fixture.restart();
      const second = await deploy(fixture);
      assert.deepEqual(second, first);
      assert.equal(fixture.cloudfront.distributions().length, 1);
    }),
  );

  it(
    'keeps its port and configuration after a restart',
    closing(async () => {
      const deployed = await deploy(fixture, (properties) =>
        withBehavior(properties, { AllowedMethods: ['GET', 'HEAD'] }),
      );
      await fixture.restart();
      assert.equal((await send(fixture, `${deployed.url}/k`, { method: 'HEAD' })).status, 200);
      assert.equal((await send(fixture, `${deployed.url}/k`, { method: 'PUT', body: 'x' })).status, 403);
    }),
  );

  it(
    'names a port that is taken when it restarts',
    closing(async () => {
      const deployed = await deploy(fixture);
      const port = Number(deployed.url.split(':').at(-1));
      await fixture.cloudfront.close();
      const squatter = createServer();
      await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
      assert.equal((squatter.address() as AddressInfo).port, port);
      try {
        await assert.rejects(
          fixture.cloudfront.start(),
          new RegExp(`port ${port} of distribution ${deployed.physicalId}`),
        );
      } finally {
        await new Promise((resolve) => squatter.close(resolve));
      }
      await fixture.cloudfront.start();
      assert.equal((await send(fixture, `${deployed.url}/k`, { method: 'HEAD' })).status, 200);
    }),
  );

  it(
    'stops responding when deleted or disabled, and is deleted only once',
    closing(async () => {
      const deployed = await deploy(fixture);
      const resource = fixture.resource('Distribution');
      const previous = distributionProperties(deployed.accessControlId);
      const disabled = distributionProperties(deployed.accessControlId, { Enabled: false });
      const { physicalId } = deployed;
      const refuses = () => assert.rejects(send(fixture, `${deployed.url}/k`), { code: 'ECONNREFUSED' });

      await resource.update({ physicalId, previous, properties: disabled });
      await refuses();
      assert.deepEqual(fixture.cloudfront.pageOrigins(), []);
      const enabled = await resource.update({ physicalId, previous: disabled, properties: previous });
      assert.deepEqual(enabled.attributes, deployed.attributes);
      assert.equal((await send(fixture, `${deployed.url}/k`)).status, 200);
      await resource.delete(physicalId, previous);
      await refuses();
      await resource.delete(physicalId, previous);
      assert.deepEqual(fixture.cloudfront.distributions(), []);
      await assert.rejects(resource.update({ physicalId, previous, properties: previous }), {
        code: 'NoSuchDistribution',
      });
    }),
  );

  it(
    'has no listener if it cannot be stored',
    closing(async () => {
      const request = { stackName: 'stack', logicalId: 'Thing', suffix: SUFFIX };
      const control = await fixture
        .resource('OriginAccessControl')
        .create({ ...request, properties: ACCESS_CONTROL });
      const listeners = () =>
        process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
      const before = listeners();
      const state = join(fixture.dataDir, 'state.json');
      renameSync(state, `${state}.moved`);
      mkdirSync(state);
      const properties = distributionProperties(control.physicalId);
      await assert.rejects(
        fixture.resource('Distribution').create({ ...request, properties }),
        /state\.json is a folder/,
      );
      // Node frees closed handles at the end of a turn, after immediates.
      await setImmediate();
      await setImmediate();
      assert.equal(listeners(), before);
    }),
  );

  it(
    'keeps replicas of its function while associated, and for a time afterwards',
    closing(async () => {
      fixture.faults = { replicasHeldMs: 60_000 };
      assert.equal(fixture.cloudfront.isReplicated(VERSION_ARN), false);
      const deployed = await deploy(fixture);
      assert.equal(fixture.cloudfront.isReplicated(VERSION_ARN), true);
      const previous = distributionProperties(deployed.accessControlId);
      const properties = withBehavior(previous, { LambdaFunctionAssociations: [] });
      await fixture
        .resource('Distribution')
        .update({ physicalId: deployed.physicalId, previous, properties });
      assert.equal(fixture.cloudfront.isReplicated(VERSION_ARN), true);
      await fixture.restart();
      fixture.now = new Date(fixture.now.getTime() + 59_999);
      assert.equal(fixture.cloudfront.isReplicated(VERSION_ARN), true);
      fixture.now = new Date(fixture.now.getTime() + 1);
      assert.equal(fixture.cloudfront.isReplicated(VERSION_ARN), false);
    }),
  );

  it(
    'releases its function at once without replicas',
    closing(async () => {
      const deployed = await deploy(fixture);
      await fixture.resource('Distribution').delete(deployed.physicalId, {});
      assert.equal(fixture.cloudfront.isReplicated(VERSION_ARN), false);
    }),
  );
});
