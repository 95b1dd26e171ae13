import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, afterEach, before, describe, it } from 'node:test';
import { FaultDice, impairedBody } from '../../../../local/cloudfront/data-plane/faults.ts';
import { send } from '../client.ts';
import { type Deployed, deploy, type Fixture, openFixture } from '../fixture.ts';

const BODY = Buffer.alloc(300_000, 'x');

describe('faults of the edge', () => {
  let fixture: Fixture;
  let deployed: Deployed;
  let received = 0;
  before(async () => {
    fixture = await openFixture();
    deployed = await deploy(fixture);
    fixture.origin = async ({ body }) => {
      received = 0;
      for await (const chunk of body) received += (chunk as Buffer).length;
      return { status: 200 };
    };
  });
  after(() => fixture.close());
  afterEach(() => {
    fixture.faults = {};
    fixture.asked.length = 0;
  });
  const put = () => send(fixture, `${deployed.url}/k`, { method: 'PUT', body: BODY });

  it('are off by default', async () => {
    assert.equal((await put()).status, 200);
    assert.equal(received, BODY.length);
  });

  it('answer 503 SlowDown like S3', async () => {
    fixture.faults = { edge: { unavailable: 1 } };
    const reply = await put();
    assert.equal(reply.status, 503);
    assert.match(reply.text, /<Code>SlowDown<\/Code>/);
    assert.equal(reply.headers['content-type'], 'application/xml');
    assert.equal(fixture.asked.length, 0);
  });

  it('block requests like a web ACL: before the function, with CloudFront’s own page', async () => {
    fixture.faults = { edge: { webAcl: {} } };
    fixture.events.length = 0;
    const reply = await put();
    assert.equal(reply.status, 403);
    assert.match(reply.text, /<H1>403 ERROR<\/H1>[\s\S]*Request blocked\.\nWe can't connect to the server/);
    assert.equal(reply.headers['content-type'], 'text/html');
    assert.equal(reply.headers.server, 'CloudFront');
    assert.equal(reply.headers['x-cache'], 'Error from cloudfront');
    assert.equal(fixture.events.length + fixture.asked.length, 0);
  });

  it('block large bodies like the rule SizeRestrictions_BODY', async () => {
    fixture.faults = { edge: { webAcl: { bodyOver: 8_192 } } };
    const statusOf = async (body: string | Readable) =>
      (await send(fixture, `${deployed.url}/k`, { method: 'PUT', body })).status;
    assert.equal(await statusOf('x'.repeat(8_192)), 200);
    assert.equal(await statusOf('x'.repeat(8_193)), 403);
    assert.equal(await statusOf(Readable.from(['x'])), 403);
  });

  it('reset the connection in the middle of the body', async () => {
    fixture.faults = { edge: { reset: 1, seed: 7 } };
    await assert.rejects(put(), { code: /ECONNRESET|UND_ERR_SOCKET|EPIPE/ });
    assert.ok(received < BODY.length, `${received} bytes arrived`);
  });

  it('do not change a stalled or slow body', async () => {
    fixture.faults = { edge: { stall: 1, stallMs: 5, seed: 3, bytesPerSecond: 30_000_000 } };
    assert.equal((await put()).status, 200);
    assert.equal(received, BODY.length);
  });

  it('delay a body by its rate and its stall', async () => {
    let time = 0;
    const waits: number[] = [];
    const clock = {
      now: () => time,
      wait: async (ms: number) => {
        waits.push(ms);
        time += ms;
      },
    };
    const body = Readable.from([Buffer.alloc(1_000), Buffer.alloc(1_000), Buffer.alloc(500)]);
    const plan = { unavailable: false, bytesPerSecond: 1_000, stallAt: 1_500, stallMs: 250 };
    let passed = 0;
    for await (const chunk of impairedBody(body, plan, assert.fail, clock)) passed += chunk.length;
    assert.equal(passed, 2_500);
    // The stall counts as part of the time that the rate requires.
    assert.deepEqual(waits, [1_000, 250, 750, 500]);
  });

  it('do not affect requests that the function refuses', async () => {
    const { invoke } = fixture;
    fixture.invoke = async () => ({ outcome: 'returned', value: { status: '403' } });
    fixture.faults = { edge: { unavailable: 1, reset: 1 } };
    assert.equal((await send(fixture, `${deployed.url}/k`, { method: 'PUT', body: 'x' })).status, 403);
    fixture.invoke = invoke;
  });

  it('do not affect bodies that the origin does not read', async () => {
    const { origin } = fixture;
    fixture.origin = async () => ({ status: 400, body: 'unread' });
    fixture.faults = { edge: { bytesPerSecond: 1 } };
    const body = Readable.from([BODY]);
    const reply = await send(fixture, `${deployed.url}/k`, { method: 'PUT', body });
    assert.equal(reply.text, 'unread');
    fixture.origin = origin;
  });

  it('are repeatable with the same seed', () => {
    const plans = (seed: number) => {
      const dice = new FaultDice();
      return Array.from({ length: 50 }, () =>
        dice.plan({ reset: 0.3, stall: 0.3, stallMs: 1, unavailable: 0.3, seed }, 1_000_000),
      );
    };
    assert.deepEqual(plans(1), plans(1));
    assert.notDeepEqual(plans(1), plans(2));
    const unavailable = plans(1).filter((plan) => plan?.unavailable).length;
    assert.ok(unavailable > 5 && unavailable < 30, `${unavailable} of 50`);
    for (const plan of plans(3)) assert.ok((plan?.resetAt ?? 0) < 1_000_000);
  });
});
