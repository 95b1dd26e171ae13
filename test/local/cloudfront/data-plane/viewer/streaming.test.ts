import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Agent, request } from 'undici';
import { missing } from '../../../../support/programs.ts';
import { rawConnection } from '../../client.ts';
import { type Deployed, deploy, type Fixture, openFixture, run } from '../../fixture.ts';

const MIB = 1024 * 1024;
const BIG = 200 * MIB;

describe('S a body that streams through the edge', () => {
  let fixture: Fixture;
  let deployed: Deployed;
  let bigFile: string;
  before(async () => {
    fixture = await openFixture();
    deployed = await deploy(fixture);
    bigFile = join(fixture.dataDir, '..', 'big.bin');
    const file = await open(bigFile, 'w');
    await file.truncate(BIG);
    await file.close();
  });
  after(async () => {
    await rm(bigFile, { force: true });
    await fixture.close();
  });
  beforeEach(() => {
    fixture.asked.length = 0;
    fixture.invoke = async (event) => ({ outcome: 'returned', value: event.Records[0].cf.request });
  });

  function refuse(): void {
    fixture.invoke = async () => ({
      outcome: 'returned',
      value: {
        status: '401',
        headers: { 'content-type': [{ value: 'application/json' }] },
        body: '{"error":"no"}',
      },
    });
  }

  it('reaches the origin byte by byte, before the viewer has sent the rest', async () => {
    const first = randomBytes(1_000);
    const rest = randomBytes(1_000);
    const socket = await rawConnection(fixture, deployed.url);
    const received: Buffer[] = [];
    fixture.origin = async ({ body }) => {
      for await (const chunk of body) {
        received.push(chunk);
        // The viewer sends its last bytes only after the first ones have arrived.
        if (Buffer.concat(received).length === first.length) socket.write(rest);
      }
      return { status: 200 };
    };
    const host = deployed.attributes.DomainName;
    socket.write(`PUT /k HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n`);
    socket.write(first);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.deepEqual(Buffer.concat(received), Buffer.concat([first, rest]));
  });

  it('is not buffered in memory, however slowly the origin reads', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(MIB);
    const source = Readable.from(
      (function* () {
        for (; sent < BIG; sent += MIB) yield chunk;
      })(),
      { highWaterMark: 1 },
    );
    let furthestAhead = 0;
    let received = 0;
    fixture.origin = async ({ body }) => {
      for await (const part of body) {
        received += (part as Buffer).length;
        furthestAhead = Math.max(furthestAhead, sent - received);
        // Lets the viewer's side of this process run, so that it gets as far ahead as possible.
        await new Promise(setImmediate);
      }
      return { status: 200 };
    };
    const agent = new Agent({ connect: { ca: fixture.authority.caPem } });
    const reply = await request(`${deployed.url}/k`, {
      dispatcher: agent,
      method: 'PUT',
      headers: { 'content-length': String(BIG) },
      body: source,
    });
    await reply.body.dump();
    await agent.close();
    assert.equal(reply.statusCode, 200);
    assert.equal(received, BIG);
    // Only the buffers of the kernel and the streams are between the two: megabytes, not the body.
    assert.ok(furthestAhead < 32 * MIB, `${furthestAhead} bytes ahead`);
  });

  it('reaches the origin complete when curl sends 200 MiB', { skip: missing('curl') }, async () => {
    let received = 0;
    fixture.origin = async ({ body }) => {
      for await (const part of body) received += (part as Buffer).length;
      return { status: 200, headers: { etag: '"big"' } };
    };
    const { stdout } = await run('curl', curl('-w', '%{http_code}', '-T', bigFile, `${deployed.url}/k`));
    assert.equal(stdout, '200');
    assert.equal(received, BIG);
  });

  it('does not prevent curl from reading an early refusal', { skip: missing('curl') }, async () => {
    refuse();
    for (const expect of ['Expect:', 'Expect: 100-continue']) {
      const args = curl(
        '-w',
        ' %{http_code} %{size_upload}',
        '-H',
        expect,
        '-T',
        bigFile,
        `${deployed.url}/k`,
      );
      const [text, status, uploaded] = (await run('curl', args)).stdout.split(' ');
      assert.equal(text, '{"error":"no"}');
      assert.equal(status, '401');
      assert.ok(Number(uploaded) < BIG, `${uploaded} bytes were sent`);
      if (expect !== 'Expect:') assert.equal(uploaded, '0');
    }
    assert.equal(fixture.asked.length, 0);
  });

  it('does not prevent undici from reading an early refusal', async () => {
    refuse();
    let sent = 0;
    const source = Readable.from(
      (function* () {
        for (; sent < BIG; sent += MIB) yield Buffer.alloc(MIB);
      })(),
    );
    const agent = new Agent({ connect: { ca: fixture.authority.caPem } });
    const reply = await request(`${deployed.url}/k`, {
      dispatcher: agent,
      method: 'PUT',
      headers: { 'content-length': String(BIG) },
      body: source,
    });
    assert.equal(reply.statusCode, 401);
    assert.deepEqual(await reply.body.json(), { error: 'no' });
    await agent.destroy();
    assert.ok(sent < BIG, `${sent} bytes were sent`);
    assert.equal(fixture.asked.length, 0);
  });

  it("does not keep a viewer from reading the origin's early refusal", {
    skip: missing('curl'),
  }, async () => {
    fixture.origin = async () => ({
      status: 403,
      headers: { 'content-type': 'application/xml' },
      body: '<Error/>',
    });
    const args = curl('-w', ' %{http_code}', '-T', bigFile, `${deployed.url}/k`);
    assert.equal((await run('curl', args)).stdout, '<Error/> 403');
  });

  it('can be short and refused without affecting the connection', async () => {
    refuse();
    const agent = new Agent({ connect: { ca: fixture.authority.caPem }, connections: 1 });
    let connections = 0;
    agent.on('connect', () => {
      connections += 1;
    });
    for (let time = 0; time < 3; time += 1) {
      const reply = await request(`${deployed.url}/k`, { dispatcher: agent, method: 'PUT', body: 'abc' });
      assert.equal(reply.statusCode, 401);
      await reply.body.dump();
    }
    await agent.close();
    assert.equal(connections, 1);
  });

  it('is requested with 100 Continue only after the function has accepted the request', async () => {
    const head = `PUT /k HTTP/1.1\r\nHost: ${deployed.attributes.DomainName}\r\nConnection: close\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`;
    fixture.origin = async ({ headers, body }) => {
      const parts: Buffer[] = [];
      for await (const part of body) parts.push(part);
      return { status: 200, body: `${headers.expect ?? 'none'} ${Buffer.concat(parts)}` };
    };
    const socket = await rawConnection(fixture, deployed.url);
    socket.write(head);
    let answer = '';
    for await (const chunk of socket) {
      answer += chunk;
      if (answer === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('abc');
    }
    assert.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nnone abc$/);
    refuse();
    const refused = await rawConnection(fixture, deployed.url);
    refused.write(head);
    let refusal = '';
    for await (const chunk of refused) {
      refusal += chunk;
      if (refusal.endsWith('}')) refused.end();
    }
    assert.match(refusal, /^HTTP\/1\.1 401 /);
  });

  it('that ends early is an error at the origin', async () => {
    const failed = new Promise<unknown>((resolve) => {
      fixture.origin = async ({ body }) => {
        try {
          for await (const _ of body);
          resolve('complete');
        } catch (error) {
          resolve(error);
        }
        return { status: 400 };
      };
    });
    const socket = await rawConnection(fixture, deployed.url);
    socket.write(
      `PUT /k HTTP/1.1\r\nHost: ${deployed.attributes.DomainName}\r\nContent-Length: 2000\r\n\r\nabc`,
    );
    socket.end();
    assert.ok((await failed) instanceof Error);
    assert.deepEqual(fixture.defects, []);
  });

  function curl(...args: string[]): string[] {
    return ['-sS', '--cacert', fixture.authority.caFile, ...args];
  }
});
