import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { givenAnswers } from '../../../../cli/identity/sign-in/given-answers.ts';
import { linesOf } from '../../../../cli/identity/sign-in/stdin-lines.ts';

const flags = { passwordStdin: true, newPasswordStdin: true };

test('reads passwords in every encoding and with any line ends', async () => {
  const text = 'Ünicode-horse-42!\r\nNew horse 43!\r\n';
  const encodings = [
    Buffer.from(text),
    Buffer.from(`\uFEFF${text}`),
    Buffer.from(`\uFEFF${text}`, 'utf16le'),
    Buffer.from(text.trimEnd()),
  ];
  for (const bytes of encodings) {
    const { password, newPassword } = await givenAnswers({ env: {}, stdin: Readable.from([bytes]) }, flags);
    assert.deepEqual([password, newPassword], ['Ünicode-horse-42!', 'New horse 43!']);
  }
  const env = { EDGE_UPLOAD_PASSWORD: '\uFEFFhorse 42\r\n', EDGE_UPLOAD_NEW_PASSWORD: 'horse 43\n' };
  const given = await givenAnswers({ env, stdin: Readable.from([]) }, {});
  assert.deepEqual([given.password, given.newPassword], ['horse 42', 'horse 43']);
});

test('refuses text that cannot be a password before anything is sent, without showing it', async () => {
  for (const [bytes, reason] of [
    [Buffer.from('horse-42 \n'), /ends with a space/],
    [Buffer.from(' horse-42\n'), /begins or ends with a space/],
    [Buffer.from('horse-42\t\n'), /space/],
    [Buffer.from([0x68, 0x6f, 0xe4, 0x0a]), /not valid UTF-8/],
    [Buffer.from('horse\0-42\n'), /NUL/],
    [Buffer.from('\n'), /no line/],
    [Buffer.alloc(200_000, 'x'), /too long/],
  ] as const) {
    const reading = givenAnswers({ env: {}, stdin: Readable.from([bytes]) }, { passwordStdin: true });
    await assert.rejects(reading, (error: Error & { code?: string }) => {
      assert.equal(error.code, 'usage');
      assert.match(error.message, reason);
      assert.doesNotMatch(error.message, /horse/);
      return true;
    });
  }
  const env = { EDGE_UPLOAD_PASSWORD: 'horse-42 ' };
  await assert.rejects(givenAnswers({ env, stdin: Readable.from([]) }, {}), {
    code: 'usage',
    message: /^EDGE_UPLOAD_PASSWORD /,
  });
});

test('returns a line as soon as it is complete', async () => {
  const waiting = new Readable({ read() {} });
  const lines = linesOf(waiting);
  waiting.push('pass');
  waiting.push('word\nco');
  assert.equal(await lines.next(), 'password');
  const next = lines.next();
  waiting.push('de\n');
  assert.equal(await next, 'code');
  waiting.push(null);
  assert.equal(await lines.next(), undefined);
});

test('lets the process end while its parent keeps the pipe open', async () => {
  const module = fileURLToPath(new URL('../../../../cli/identity/sign-in/stdin-lines.ts', import.meta.url));
  const code = `import { linesOf } from ${JSON.stringify(module)}; const lines = linesOf(process.stdin);
    console.log(await lines.next()); console.log(await lines.next());`;
  const child = spawn(execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.write('one\ntwo\n');
  const [status] = await once(child, 'close');
  assert.deepEqual([status, said], [0, 'one\ntwo\n']);
  child.stdin.destroy();
});

test('stops waiting for a line at Ctrl-C', async () => {
  const abort = new AbortController();
  const line = linesOf(new PassThrough(), abort.signal).next();
  abort.abort();
  await assert.rejects(line, { code: 'interrupted' });
});
