import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { callService } from '../../../page/sign-in/call-service.ts';
import { SignInError } from '../../../page/sign-in/signed-in.ts';
import { listen } from '../../support/serve.ts';

const isUnreachable = (error: unknown) =>
  error instanceof SignInError && error.problem === 'signInUnreachable';

/** Calls a service with this response. */
async function ask(t: TestContext, answer: RequestListener) {
  const service = await listen(t, answer);
  return callService(`${service}/`);
}

test('returns the JSON object of a response, refusals included', async (t) => {
  const text = JSON.stringify({ name: 'Zoë' });
  for (const status of [200, 400]) {
    const answer = await ask(t, (_request, response) => {
      response.writeHead(status);
      // In the middle of a character.
      const bytes = Buffer.from(text);
      response.write(bytes.subarray(0, bytes.length - 3));
      response.end(bytes.subarray(bytes.length - 3));
    });
    assert.deepEqual(answer, { ok: status === 200, document: { name: 'Zoë' } });
  }
});

test('reports a broken or busy service as such, whatever it responds', async (t) => {
  for (const [status, problem] of [
    [500, 'signInUnreachable'],
    [503, 'signInUnreachable'],
    [429, 'signInLater'],
  ] as const) {
    const answer = ask(t, (_request, response) =>
      response.writeHead(status).end('{"error":"temporarily_unavailable"}'),
    );
    await assert.rejects(answer, { problem });
  }
});

test('cuts an endless response and closes its connection', async (t) => {
  let closed: Promise<unknown> = Promise.resolve();
  const answer = ask(t, (_request, response) => {
    closed = once(response, 'close');
    const write = () => {
      while (!response.destroyed && response.write(' '.repeat(65_536)));
    };
    response.on('drain', write);
    write();
  });
  await assert.rejects(answer, isUnreachable);
  await closed;
});

test('refuses redirects, HTML pages and truncated JSON', async (t) => {
  for (const reply of [
    (_request, response) => response.writeHead(302, { location: '/other' }).end('{}'),
    (_request, response) => response.end('<html>Sign in</html>'),
    (_request, response) => response.end(),
    (_request, response) =>
      response.writeHead(200, { 'content-length': 9 }).write('{}', () => response.destroy()),
  ] satisfies RequestListener[]) {
    await assert.rejects(ask(t, reply), isUnreachable);
  }
});
