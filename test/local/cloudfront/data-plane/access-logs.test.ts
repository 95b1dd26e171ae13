import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { JsonObject } from '../../../../local/json.ts';
import { send } from '../client.ts';
import { deploy, type Fixture, fixtureOf, LOG_HOST } from '../fixture.ts';

const logging =
  (Logging: JsonObject = { Bucket: LOG_HOST, Prefix: 'edge/' }) =>
  (properties: JsonObject) => ({
    DistributionConfig: { ...(properties.DistributionConfig as JsonObject), Logging },
  });

/** Returns the requests in all delivered files, with their fields by name. */
function logged({ delivered }: Fixture): Record<string, string>[] {
  return [...delivered.values()].flatMap((body) => {
    const [version, head = '', ...lines] = gunzipSync(body).toString().trimEnd().split('\n');
    assert.equal(version, '#Version: 1.0');
    const names = head.replace('#Fields: ', '').split(' ');
    return lines.map((line) => {
      const values = line.split('\t');
      assert.equal(values.length, names.length);
      return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
    });
  });
}

test('logs each request with CloudFront’s 33 fields in one gzipped file per hour', async (t) => {
  const fixture = await fixtureOf(t);
  const { url, physicalId } = await deploy(fixture, logging());
  await send(fixture, `${url}/a%20b?partNumber=1`, {
    method: 'PUT',
    headers: { 'user-agent': 'a browser\t1', referer: 'https://app.example.com/"x"' },
    body: 'x'.repeat(100),
  });
  await fixture.cloudfront.close();
  const [key = ''] = fixture.delivered.keys();
  assert.match(key, new RegExp(`^edge/${physicalId}\\.2026-11-23-12\\.[0-9a-f]{8}\\.gz$`));
  const [line, ...more] = logged(fixture);
  assert.ok(line !== undefined && more.length === 0);
  assert.equal(Object.keys(line).length, 33);
  const { host } = new URL(url);
  const expected = {
    date: '2026-11-23',
    time: '12:00:00',
    'c-ip': '127.0.0.1',
    'cs-method': 'PUT',
    'cs(Host)': host,
    'x-host-header': host,
    'cs-uri-stem': '/a%20b',
    'cs-uri-query': 'partNumber=1',
    'cs(User-Agent)': 'a%20browser%091',
    'cs(Referer)': 'https://app.example.com/%22x%22',
    'cs(Cookie)': '-',
    'sc-status': '200',
    'x-edge-result-type': 'Miss',
    'cs-protocol': 'https',
    'cs-protocol-version': 'HTTP/1.1',
    'ssl-protocol': 'TLSv1.3',
    'sc-range-start': '-',
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, line[name]])), expected);
  assert.ok(Number(line['cs-bytes']) > 100, line['cs-bytes']);
  assert.ok(Number(line['sc-bytes']) > 100, line['sc-bytes']);
  assert.match(String(line['time-taken']), /^\d+\.\d{3}$/);
  assert.equal(line['x-edge-request-id']?.length, 56);
});

test('logs refusals with their source, without tokens or cookies', async (t) => {
  const fixture = await fixtureOf(t);
  fixture.invoke = async () => ({ outcome: 'returned', value: { status: '401' } });
  const { url } = await deploy(fixture, logging());
  await send(fixture, `${url}/k`, {
    headers: { authorization: 'Bearer secret-token', cookie: 'id=secret-cookie' },
  });
  await fixture.cloudfront.close();
  const lines = logged(fixture);
  assert.deepEqual(
    lines.map((line) => [line['sc-status'], line['x-edge-result-type']]),
    [['401', 'LambdaGeneratedResponse']],
  );
  assert.doesNotMatch(JSON.stringify(lines), /secret/);
});

test('delivers lines some time after the first, without another request', async (t) => {
  const fixture = await fixtureOf(t);
  const { url } = await deploy(fixture, logging());
  const delivery = new Promise<void>((resolve) => {
    const { delivered } = fixture;
    const set = delivered.set.bind(delivered);
    delivered.set = (key, body) => {
      resolve();
      return set(key, body);
    };
  });
  await send(fixture, `${url}/one`);
  await send(fixture, `${url}/two`);
  await delivery;
  assert.deepEqual(
    logged(fixture).map((line) => line['cs-uri-stem']),
    ['/one', '/two'],
  );
});

test('writes nothing without logging', async (t) => {
  const fixture = await fixtureOf(t);
  const { url } = await deploy(fixture);
  await send(fixture, `${url}/k`);
  await fixture.cloudfront.close();
  assert.equal(fixture.delivered.size, 0);
});

test('refuses a bucket that cannot receive logs, and cookies in logs', async (t) => {
  const fixture = await fixtureOf(t);
  await assert.rejects(deploy(fixture, logging({ Bucket: 'other' })), {
    code: 'InvalidArgument',
    message: 'no logs to other',
  });
  await assert.rejects(deploy(fixture, logging({ Bucket: LOG_HOST, IncludeCookies: true })), {
    code: 'InvalidRequest',
    message: /does not support .*IncludeCookies/,
  });
});
