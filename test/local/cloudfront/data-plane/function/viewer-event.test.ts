import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rawExchange } from '../../client.ts';
import { type Deployed, deploy, type Fixture, openFixture } from '../../fixture.ts';

describe('the viewer-request event', () => {
  let fixture: Fixture;
  let deployed: Deployed;
  before(async () => {
    fixture = await openFixture();
    deployed = await deploy(fixture);
  });
  after(() => fixture.close());

  /** Sends header lines over raw TLS, and returns the event that the function received. */
  async function eventOf(requestLine: string, headers: readonly string[]): Promise<unknown> {
    const host = deployed.attributes.DomainName;
    await rawExchange(
      fixture,
      deployed.url,
      [requestLine, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n'),
    );
    return fixture.events.at(-1);
  }

  it('has exactly the shape that AWS documents', async () => {
    const event = (await eventOf('PUT /a%20b/%C3%BC.txt?partNumber=1&uploadId=a%2Fb HTTP/1.1', [
      'Content-Length: 0',
      'X-Amz-Meta-Note: one',
      'AUTHORIZATION: Bearer first',
      'authorization: Bearer second',
    ])) as { Records: [{ cf: { config: { requestId: string } } }] };
    const { requestId } = event.Records[0].cf.config;
    assert.match(requestId, /^[A-Za-z0-9_-]{54}==$/);
    assert.deepEqual(event, {
      Records: [
        {
          cf: {
            config: {
              distributionDomainName: deployed.attributes.DomainName,
              distributionId: deployed.physicalId,
              eventType: 'viewer-request',
              requestId,
            },
            request: {
              clientIp: '127.0.0.1',
              headers: {
                host: [{ key: 'Host', value: deployed.attributes.DomainName }],
                'content-length': [{ key: 'Content-Length', value: '0' }],
                'x-amz-meta-note': [{ key: 'X-Amz-Meta-Note', value: 'one' }],
                authorization: [
                  { key: 'AUTHORIZATION', value: 'Bearer first' },
                  { key: 'authorization', value: 'Bearer second' },
                ],
              },
              method: 'PUT',
              querystring: 'partNumber=1&uploadId=a%2Fb',
              uri: '/a%20b/%C3%BC.txt',
            },
          },
        },
      ],
    });
  });

  it('carries the request id that the viewer gets as x-amz-cf-id', async () => {
    const answer = await rawExchange(
      fixture,
      deployed.url,
      `PUT /k HTTP/1.1\r\nHost: ${deployed.attributes.DomainName}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
    const event = fixture.events.at(-1) as { Records: [{ cf: { config: { requestId: string } } }] };
    assert.ok(answer.includes(`x-amz-cf-id: ${event.Records[0].cf.config.requestId}\r\n`), answer);
  });

  it('omits headers that functions are not allowed to see', async () => {
    const hidden = [
      'Expect: 100-continue',
      'X-Forwarded-Proto: http',
      'X-Edge-Location: x',
      'X-Amz-Cf-Id: forged',
    ];
    const event = await eventOf('PUT /k HTTP/1.1', ['Content-Length: 0', ...hidden, 'X-Real-IP: 1.2.3.4']);
    const { headers } = (event as { Records: [{ cf: { request: { headers: object } } }] }).Records[0].cf
      .request;
    assert.deepEqual(Object.keys(headers), ['host', 'content-length']);
  });

  it('decodes bytes that are not UTF-8 as ISO-8859-1, and keeps dots and slashes in paths', async () => {
    const event = await eventOf('PUT /a/../b//%2e%2E/%zz HTTP/1.1', [
      'Content-Length: 0',
      'X-Amz-Meta-Latin: caf\u00e9',
      `X-Amz-Meta-Utf: ${Buffer.from('café').toString('latin1')}`,
    ]);
    const { request } = (event as { Records: [{ cf: { request: { uri: string; headers: object } } }] })
      .Records[0].cf;
    assert.equal(request.uri, '/a/../b//%2e%2E/%zz');
    assert.deepEqual(request.headers, {
      ...request.headers,
      'x-amz-meta-latin': [{ key: 'X-Amz-Meta-Latin', value: 'café' }],
      'x-amz-meta-utf': [{ key: 'X-Amz-Meta-Utf', value: 'café' }],
    });
  });

  it('sees the path of an absolute request line, and a header called __proto__', async () => {
    const event = await eventOf(`PUT ${deployed.url}/key?x=1 HTTP/1.1`, [
      'Content-Length: 0',
      '__proto__: x',
    ]);
    const { request } = (event as { Records: [{ cf: { request: { uri: string; headers: object } } }] })
      .Records[0].cf;
    assert.equal(request.uri, '/key');
    assert.ok(Object.hasOwn(request.headers, '__proto__'));
  });
});
