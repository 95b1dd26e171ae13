import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import { rawExchange, send } from '../../client.ts';
import { type Deployed, deploy, type Fixture, openFixture, withBehavior } from '../../fixture.ts';

describe('S the limits of CloudFront', () => {
  let fixture: Fixture;
  let deployed: Deployed;
  before(async () => {
    fixture = await openFixture();
    deployed = await deploy(fixture);
  });
  after(() => fixture.close());
  beforeEach(() => {
    fixture.asked.length = 0;
    fixture.events.length = 0;
  });

  function untouched(): void {
    assert.equal(fixture.events.length, 0, 'the function ran');
    assert.equal(fixture.asked.length, 0, 'the origin was asked');
  }

  /** Returns an empty PUT whose request line and headers have exactly this many bytes. */
  function requestOf(bytes: number): string {
    const start = `PUT /k HTTP/1.1\r\nHost: ${deployed.attributes.DomainName}\r\nConnection: close\r\nContent-Length: 0\r\nX-Pad: `;
    const end = '\r\n\r\n';
    return start + 'x'.repeat(bytes - start.length - end.length) + end;
  }

  it('accepts 32,768 bytes of request line and headers, and no more', async () => {
    assert.match(await rawExchange(fixture, deployed.url, requestOf(32_768)), /^HTTP\/1\.1 200 /);
    fixture.asked.length = 0;
    fixture.events.length = 0;
    const answer = await rawExchange(fixture, deployed.url, requestOf(32_769));
    assert.match(
      answer,
      /^HTTP\/1\.1 494 [\s\S]*connection: close[\s\S]*The request could not be satisfied/i,
    );
    untouched();
  });

  it('counts the bytes of any number of headers', async () => {
    const head = requestOf(1_000).replace(/\r\n\r\n$/, '\r\n');
    const lines = (count: number) => 'a: b\r\n'.repeat(count);
    assert.match(await rawExchange(fixture, deployed.url, `${head}${lines(5_000)}\r\n`), /^HTTP\/1\.1 200 /);
    fixture.asked.length = 0;
    fixture.events.length = 0;
    assert.match(await rawExchange(fixture, deployed.url, `${head}${lines(5_400)}\r\n`), /^HTTP\/1\.1 494 /);
    untouched();
  });

  it('answers 494 to headers that are too long to be read', async () => {
    const answer = await rawExchange(fixture, deployed.url, requestOf(200_000));
    assert.match(answer, /^HTTP\/1\.1 494 /);
    untouched();
  });

  it('accepts a URL of 8,192 bytes, and no more', async () => {
    const room = 8_192 - `${deployed.url}/`.length;
    assert.equal(
      (await send(fixture, `${deployed.url}/${'a'.repeat(room)}`, { method: 'PUT', body: '' })).status,
      200,
    );
    fixture.asked.length = 0;
    fixture.events.length = 0;
    const reply = await send(fixture, `${deployed.url}/${'a'.repeat(room - 2)}?bc`, {
      method: 'PUT',
      body: '',
    });
    assert.equal(reply.status, 414);
    untouched();
  });

  it('answers 400 to anything but HTTP', async () => {
    assert.match(await rawExchange(fixture, deployed.url, 'hello there\r\n\r\n'), /^HTTP\/1\.1 400 /);
    untouched();
  });

  it('refuses a GET with a body', async () => {
    for (const framing of [
      'Content-Length: 1\r\n\r\nx',
      'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    ]) {
      const answer = await rawExchange(
        fixture,
        deployed.url,
        `GET /k HTTP/1.1\r\nHost: ${deployed.attributes.DomainName}\r\nConnection: close\r\n${framing}`,
      );
      assert.match(answer, /^HTTP\/1\.1 403 /);
    }
    untouched();
  });

  it('refuses methods that CloudFront does not know', async () => {
    const reply = await send(fixture, `${deployed.url}/k`, { method: 'TRACE' });
    assert.equal(reply.status, 403);
    untouched();
  });

  it('answers to its own name and to that of loopback only', async () => {
    const port = deployed.url.split(':').at(-1);
    const statusLine = async (host: string) =>
      (
        await rawExchange(
          fixture,
          deployed.url,
          `PUT /k HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
        )
      ).split('\r\n', 1)[0];
    assert.equal(await statusLine(`localhost:${port}`), 'HTTP/1.1 200 OK');
    fixture.asked.length = 0;
    fixture.events.length = 0;
    assert.equal(await statusLine('attacker.example'), 'HTTP/1.1 403 Forbidden');
    untouched();
  });

  it('does not speak plain HTTP', async () => {
    const socket = connect(Number(deployed.url.split(':').at(-1)), '127.0.0.1');
    socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const answer = await text(socket).catch(() => '');
    assert.doesNotMatch(answer, /HTTP\//);
    untouched();
  });

  it('refuses methods that the behavior does not allow, behavior by behavior', async () => {
    const other = await openFixture();
    try {
      const { url } = await deploy(other, (properties) => {
        const narrowed = withBehavior(properties, { AllowedMethods: ['GET', 'HEAD'] });
        const { DistributionConfig: config } = narrowed as { DistributionConfig: Record<string, object> };
        const open = {
          ...config.DefaultCacheBehavior,
          AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
        };
        const behaviors = ['in/*.jpg', '/exact', '/o?e/*'].map((PathPattern) => ({ ...open, PathPattern }));
        return { DistributionConfig: { ...config, CacheBehaviors: behaviors } } as never;
      });
      const statusOf = async (path: string) =>
        (await send(other, `${url}${path}`, { method: 'PUT', body: 'x' })).status;
      const allowed = ['/in/a.jpg', '/in/deep/b.jpg', '/exact', '/one/x', '/ooe/', '/in/a.jpg.jpg'];
      const refused = ['/', '/in/a.png', '/IN/a.jpg', '/exact/', '/xin/a.jpg', '/oe/x', '/exac'];
      for (const path of allowed) assert.equal(await statusOf(path), 200, path);
      for (const path of refused) assert.equal(await statusOf(path), 403, path);
      const reply = await send(other, `${url}/`, { method: 'PUT', body: 'x' });
      assert.match(reply.text, /not configured to allow the HTTP request method/);
      assert.equal(reply.headers['x-cache'], 'Error from cloudfront');
    } finally {
      await other.close();
    }
  });
});
