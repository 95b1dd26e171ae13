import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { ERROR_EXIT, EXIT, systemCode, UserError } from '../../cli/errors.ts';
import { createSentCredentials } from '../../cli/sent-credentials.ts';
import { renderError, toUserError } from '../../cli/ui/error.ts';
import { Screen } from '../support/streams.ts';

const sent = createSentCredentials();

test('gives every error code a documented exit code', () => {
  const documented = new Set<number>(Object.values(EXIT));
  for (const [code, exit] of Object.entries(ERROR_EXIT)) assert.ok(documented.has(exit), code);
});

test('finds a system error below its wrappers', () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  assert.equal(systemCode(new TypeError('fetch failed', { cause: reset })), 'ECONNRESET');
  assert.equal(systemCode(new AggregateError([reset])), 'ECONNRESET');
  assert.equal(systemCode(new UserError('unreachable', 'x', { cause: reset })), 'ECONNRESET');
  assert.equal(systemCode('ECONNRESET'), undefined);
});

test('prints an error with --json as one document on stdout, nothing on stderr', () => {
  const stdout = new Screen();
  const stderr = new Screen();
  const error = new UserError('exists', 'image.jpg is stored already.', { hint: 'Choose another key.' });
  const exit = renderError(error, { json: true, debug: false, color: false }, { stdout, stderr, sent });
  assert.equal(exit, 6);
  assert.deepEqual(JSON.parse(stdout.text), {
    error: { code: 'exists', message: 'image.jpg is stored already.', hint: 'Choose another key.' },
  });
  assert.equal(stderr.text, '');
});

test('shows the stack of an unexpected error only with --debug', () => {
  const show = (debug: boolean) => {
    const stderr = new Screen();
    renderError(
      new TypeError('oops'),
      { json: false, debug, color: false },
      { stdout: new Screen(), stderr, sent },
    );
    return stderr.text;
  };
  assert.match(show(false), /^error: .*oops\n {2}Run the same command again with --debug/);
  assert.doesNotMatch(show(false), /errors\.test\.ts/);
  assert.match(show(true), /errors\.test\.ts/);
});

test('names the file and the reason of a system error', () => {
  const error = toUserError(Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC', path: '/tmp/x' }));
  assert.equal(error.code, 'disk');
  assert.match(error.message, /\/tmp\/x.*no space left/);
});

test('names the errors of network disks that Node has no names for', {
  skip: process.platform === 'win32' ? 'Windows has other numbers' : false,
}, () => {
  for (const [number, message] of [
    [constants.errno.ESTALE, /stale file handle/],
    [constants.errno.EDQUOT, /disk quota/],
  ] as const) {
    const code = `Unknown system error -${number}`;
    const error = toUserError(Object.assign(new Error(code), { code, path: '/mnt/x' }));
    assert.equal(error.code, 'disk');
    assert.match(error.message, message);
  }
});

test('has a message for errors of files and the network without context', () => {
  const failed = (code: string, more = {}) => Object.assign(new Error(code), { code, ...more });
  const cases: readonly (readonly [unknown, string, RegExp])[] = [
    [failed('ESTALE', { path: '/mnt/x' }), 'disk', /\/mnt\/x.*stale file handle/],
    [failed('UNKNOWN', { path: 'C:/x', syscall: 'open' }), 'disk', /C:\/x.*Windows gives no reason/],
    [new Error('wrapped', { cause: failed('EROFS', { path: '/x' }) }), 'disk', /\/x.*read-only/],
    [failed('ELOOP', { path: '/x' }), 'disk', /symbolic link/],
    [failed('ENAMETOOLONG', { path: '/x' }), 'disk', /longer than/],
    [failed('ENOSPC', { syscall: 'write' }), 'disk', /^A file cannot be used: no space left/],
    [failed('ECONNRESET', { syscall: 'read' }), 'unreachable', /connection was reset/],
    [
      new TypeError('fetch failed', {
        cause: failed('ENOTFOUND', { syscall: 'getaddrinfo', hostname: 'd1.cloudfront.net' }),
      }),
      'unreachable',
      /d1\.cloudfront\.net.*host name is unknown/,
    ],
  ];
  for (const [error, code, message] of cases) {
    const mapped = toUserError(error);
    assert.equal(mapped.code, code, mapped.message);
    assert.match(mapped.message, message);
    assert.doesNotMatch(mapped.message, /Unexpected error/);
  }
});

test('shows any thrown value, and calls only defects unexpected', () => {
  for (const thrown of [new TypeError('oops'), 'text', undefined, null, 7, {}, new Error('')]) {
    assert.equal(toUserError(thrown).code, 'unexpected');
  }
});
