import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { Agent } from 'undici';
import { UserError } from '../../../cli/errors.ts';
import { requestText } from '../../../cli/network/bounded-requests.ts';
import { findFailure, isTransient } from '../../../cli/network/failures.ts';
import { networkFailure } from '../../../cli/network/network-failure.ts';
import { IDENTITY, stsClient } from './sts.ts';

const failed = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more });

test('recognises socket and DNS failures at any depth', () => {
  const socket = [
    'ENETDOWN',
    'EHOSTDOWN',
    'EADDRNOTAVAIL',
    'ENOBUFS',
    'ECONNABORTED',
    'EPERM',
    'EACCES',
    'EMFILE',
    'ENOTCONN',
    'ENONEXT',
  ];
  for (const code of socket) {
    const error = failed(code, { syscall: 'connect', errno: -1 });
    for (const one of [error, new TypeError('fetch failed', { cause: error }), new AggregateError([error])]) {
      const failure = findFailure(one);
      assert.ok(failure?.kind === 'connection' && failure.connecting && isTransient(failure), code);
      assert.equal(networkFailure(one, 'edge.example')?.code, 'unreachable');
    }
  }
  for (const error of [
    failed('ECONNRESET', { syscall: 'read' }),
    failed('ECONNRESET'),
    failed('EPIPE', { syscall: 'write' }),
    failed('ENODATA', { syscall: 'queryA' }),
    failed('ETIMEOUT', { syscall: 'getaddrinfo' }),
    failed('UNKNOWN', { syscall: 'connect' }),
    failed('UND_ERR_SOCKET'),
    failed('UND_ERR_INFO'),
    failed('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'),
    failed('ERR_STREAM_PREMATURE_CLOSE'),
    new DOMException('late', 'TimeoutError'),
    Object.assign(new Error('socket hang up'), { name: 'TimeoutError', $metadata: {} }),
  ]) {
    assert.equal(findFailure(error)?.kind, 'connection', error.message);
  }
});

test('does not blame the certificate if TLS was not negotiated', () => {
  const reasons: readonly (readonly [string, RegExp])[] = [
    ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', /it does not speak HTTP\/1\.1\.$/],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', /it does not speak TLS 1\.2 or later\.$/],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', /it does not speak TLS 1\.2 or later\.$/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /TLS could not be negotiated \(ERR_SSL_WRONG_VERSION_NUMBER\)\.$/],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', /demands a client certificate/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /demands a client certificate/],
    ['EPROTO', /TLS could not be negotiated \(EPROTO\)\.$/],
  ];
  for (const [code, reason] of reasons) {
    const error = networkFailure(failed(code), 'edge.example');
    assert.equal(error?.code, 'tls');
    assert.match(error?.message ?? '', /^edge\.example cannot be used: /);
    assert.match(error?.message ?? '', reason);
    assert.doesNotMatch(String(error?.hint), /NODE_EXTRA_CA_CERTS/);
  }
});

test('names the limit of open files instead of the network', () => {
  for (const code of ['EMFILE', 'ENFILE']) {
    const error = networkFailure(failed(code, { syscall: 'connect', errno: -1 }), 'edge.example');
    assert.match(
      error?.message ?? '',
      /^No connection to edge\.example: this (?:process|computer) has too many/,
    );
    assert.match(error?.hint ?? '', /^Raise the limit with: ulimit -n 4096$/);
  }
});

test('treats files, services, interruptions and defects as other failures', async () => {
  const fromFile = await readFile('/nowhere').catch((error: unknown) => error);
  for (const error of [
    fromFile,
    failed('ESTALE', { syscall: 'read' }),
    failed('EIO', { syscall: 'read' }),
    failed('UNKNOWN', { syscall: 'read' }),
    failed('ENOSPC', { syscall: 'write' }),
    failed('ENOENT', { syscall: 'spawn aws' }),
    failed('ECONNRESET', { syscall: 'read', path: '/mnt/share/file' }),
    failed('ERR_INVALID_ARG_TYPE'),
    failed('UND_ERR_INVALID_ARG'),
    failed('UND_ERR_ABORTED'),
    new DOMException('stop', 'AbortError'),
    Object.assign(new Error('wrong'), { name: 'NotAuthorizedException', $fault: 'client', $metadata: {} }),
    new TypeError('a mistake'),
    'text',
    undefined,
  ]) {
    assert.equal(findFailure(error), undefined, String(error));
    assert.equal(networkFailure(error, 'edge.example'), undefined);
  }
  const ours = new UserError('usage', 'no');
  assert.equal(networkFailure(ours, 'edge.example'), ours);
});

test('retries a failed handshake, but not a certificate error', () => {
  const hints: Readonly<Record<string, RegExp>> = {
    CERT_HAS_EXPIRED: /clock/,
    ERR_TLS_CERT_ALTNAME_INVALID: /Check the address/,
  };
  for (const code of [
    'CERT_HAS_EXPIRED',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'CERT_REVOKED',
    'INVALID_CA',
    'UNABLE_TO_GET_CRL',
    'UNSPECIFIED',
  ]) {
    const error = new TypeError('fetch failed', { cause: failed(code) });
    assert.equal(findFailure(error)?.kind, 'certificate');
    const said = networkFailure(error, 'edge.example');
    assert.equal(said?.code, 'tls');
    assert.match(said.hint ?? '', hints[code] ?? /NODE_EXTRA_CA_CERTS/);
  }
  for (const code of ['ERR_SSL_WRONG_VERSION_NUMBER', 'EPROTO', 'ERR_TLS_HANDSHAKE_TIMEOUT']) {
    const failure = findFailure(failed(code));
    assert.ok(failure?.kind === 'handshake' && isTransient(failure), code);
  }
});

/** Starts a server of raw bytes. Calls `answer` when a request arrives. */
async function serve(answer: (socket: Socket, connection: number) => void) {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    const number = connections;
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    socket.once('data', () => answer(socket, number));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => connections,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test('reports responses that are not HTTP', async (t) => {
  const dispatcher = new Agent();
  t.after(() => dispatcher.destroy());
  for (const [bytes, reason] of [
    ['SSH-2.0-OpenSSH\r\n', /not HTTP/],
    [`HTTP/1.1 200 OK\r\nX-A: ${'y'.repeat(200_000)}\r\n\r\n`, /headers are too large/],
    ['HTTP/1.1 200 OK\r\nserver: \u001b[31m\r\n\r\n', /not HTTP/],
    ['HTTP/9.9 200 OK\r\n\r\n', /not HTTP/],
    ['HTTP/1.1 100 Continue\r\n\r\n', /not HTTP/],
    ['HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', /not HTTP/],
  ] as const) {
    const server = await serve((socket) => void socket.end(bytes));
    const error = await requestText(server.url, {
      dispatcher,
      signal: new AbortController().signal,
      deadlineMs: 5000,
      maxBytes: 10,
    }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.match(networkFailure(error, '127.0.0.1')?.message ?? '', reason, bytes.slice(0, 20));
    server.close();
  }
});

test('requests a short document again after a broken connection, until it gives up', async (t) => {
  const dispatcher = new Agent();
  t.after(() => dispatcher.destroy());
  const options = { dispatcher, signal: new AbortController().signal, maxBytes: 64 };
  const cut = await serve((socket, connection) => {
    if (connection < 3) socket.resetAndDestroy();
    else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi');
  });
  t.after(cut.close);
  assert.equal((await requestText(cut.url, { ...options, deadlineMs: 5000 })).text, 'hi');
  assert.equal(cut.count(), 3);
  const endless = [
    (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\n '),
    (socket: Socket) => void socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'),
  ];
  for (const begin of endless) {
    const server = await serve((socket) => {
      const timer = setInterval(() => begin(socket), 20);
      socket.on('close', () => clearInterval(timer));
    });
    t.after(server.close);
    await assert.rejects(
      requestText(server.url, { ...options, deadlineMs: 300, maxBytes: 1_000_000 }),
      (error) => /is unreachable/.test(networkFailure(error, 'x')?.message ?? ''),
    );
    assert.equal(server.count(), 1);
  }
  const large = await serve((socket) => void socket.end(`HTTP/1.1 200 OK\r\n\r\n${'a'.repeat(100_000)}`));
  t.after(large.close);
  assert.equal((await requestText(large.url, { ...options, deadlineMs: 5000 })).text.length, 64);
});

test('repeats an AWS call whose response was cut off', async (t) => {
  const server = await serve((socket, connection) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: ${IDENTITY.length}\r\n\r\n`);
    if (connection < 3) socket.write(IDENTITY.slice(0, 40), () => socket.resetAndDestroy());
    else socket.end(IDENTITY);
  });
  const agent = new Agent();
  t.after(() => agent.destroy());
  t.after(server.close);
  const client = stsClient(server.url, agent, 4);
  assert.equal((await client.send(new GetCallerIdentityCommand({}))).Account, '123456789012');
  assert.equal(server.count(), 3);
});

test('reports a server that is not AWS', async (t) => {
  const server = await serve((socket) => {
    socket.end(
      'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html><p>Sign in to the Wi-Fi</html>',
    );
  });
  const agent = new Agent();
  t.after(() => agent.destroy());
  t.after(server.close);
  const client = stsClient(server.url, agent, 1);
  const error = await client
    .send(new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/x', RoleSessionName: 'x' }))
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  assert.match(networkFailure(error, 'AWS')?.message ?? '', /response is not from AWS/);
});
