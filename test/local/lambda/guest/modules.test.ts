import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { format } from 'node:util';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { openRoom, returned } from '../support.ts';

/** Expressions whose values must equal Node's. */
const SAME = [
  "Buffer.from('grüße 🌍').toString('base64url')",
  "Buffer.from('Z3LDvMOfZQ', 'base64url').toString()",
  'Buffer.from([0xff, 0xfe, 0x41]).toString()',
  "Buffer.from('\\ud800x').toString('hex')",
  "[Buffer.byteLength('ü🌍'), Buffer.byteLength('YWI=', 'base64'), Buffer.isEncoding('base64url')]",
  "Buffer.concat([Buffer.from('a'), Buffer.alloc(2, 'b')]).toString('latin1')",
  "JSON.stringify(Buffer.from('ab'))",
  "Buffer.from('abc').subarray(1).equals(Buffer.from('bc'))",
  "[new URL('../../c?d=e#f', 'https://user:p%40@Ex.com:8443/a/b').href, new URL('https://xn--mnchen-3ya.de').hostname]",
  "(() => { const u = new URL('https://a.b/c'); u.pathname = '/ü'; u.searchParams.append('q', 'ä b'); u.port = '99'; return u.href; })()",
  "[...new URLSearchParams('a=1&b=%20+&a=2')].join('|') + new URLSearchParams({ x: 'ü&', y: '' })",
  "URL.canParse('nothing')",
  "new TextDecoder('utf-16le').decode(new Uint8Array([97, 0, 98, 0]))",
  "[...new TextEncoder().encode('ü')].join()",
  "atob('aGk=') + btoa('hi')",
  'encodeURIComponent("a b/ü!\'()*")',
  "new Headers([['B', '2'], ['a', '1'], ['b', ' 3 ']]).get('b')",
  '(() => { const c = new AbortController(); c.abort(); return [c.signal.aborted, c.signal.reason.name, c.signal.reason.code]; })()',
  "require('http').STATUS_CODES[414]",
  "require('zlib').gunzipSync(Buffer.from(packed, 'base64')).toString()",
  "require('crypto').timingSafeEqual(Buffer.from('a'), Buffer.from('a'))",
  "require('crypto').createHash('sha256').update('ü').update(Buffer.from([1])).digest('hex')",
  "require('crypto').createHmac('sha1', 'key').update('x').digest('base64')",
  "require('crypto').createPublicKey(rsa).export({ type: 'spki', format: 'pem' })",
  "require('crypto').createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyType",
  "require('crypto').createVerify('RSA-SHA256').update('text').verify(rsa, signature, 'base64')",
  "require('crypto').createVerify('RSA-SHA256').update('other').verify(rsa, signature, 'base64')",
  "require('crypto').verify(null, Buffer.from('text'), ed, Buffer.from(edSignature, 'base64'))",
  "require('crypto').createPublicKey('no key')",
  "require('crypto').createHash('none')",
  "new URL('none')",
  "JSON.parse('{')",
];

/** Values, formatted by `console` and `util.format`. */
const FORMATTED = [
  "['%s is %d of %j%%', 'a', 3, { b: 1 }]",
  '[{ two: 3, nested: { deeper: { deepest: { hidden: 1 } } } }]',
  "[[1, 'two', null, undefined, true, 3n, Symbol('s')]]",
  "[new Map([['a', 1]]), new Set([1, 'b']), new Date(0), /x/g]",
  "[{ 'a-b': 1, c: () => {}, d: class Named {} }]",
  "[Buffer.from('ab'), new Uint8Array(3), new ArrayBuffer(0).byteLength]",
  '[Object.create(null), {}, [], [[]]]',
  "['plain', 'a\\nb', ['c\\nd', \"it's\"]]",
  "[{ a: 'x'.repeat(60), b: 'y'.repeat(30) }]",
];

function keys() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pair = generateKeyPairSync('ed25519');
  return {
    rsa: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    jwk: publicKey.export({ format: 'jwk' }),
    signature: createSign('RSA-SHA256').update('text').sign(privateKey, 'base64'),
    ed: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    edSignature: sign(null, Buffer.from('text'), pair.privateKey).toString('base64'),
    packed: gzipSync('packed').toString('base64'),
  };
}

test('modules and globals return the values of Node’s', async (t) => {
  const room = await openRoom(t);
  const given = keys();
  const arn = await room.publish(
    `exports.handler = async ({ text, given }) => {
       const { ${Object.keys(given).join(', ')} } = given;
       try { return { value: (await eval(text)) ?? null }; } catch (error) { return { error: error.name, code: error.code ?? null }; }
     };`,
  );
  const require = (await import('node:module')).createRequire(import.meta.url);
  for (const text of SAME) {
    await t.test(text, async () => {
      const run = new Function('require', ...Object.keys(given), `return (${text});`);
      let expected: object;
      try {
        expected = {
          value: JSON.parse(JSON.stringify((await run(require, ...Object.values(given))) ?? null)),
        };
      } catch (error) {
        expected = { error: (error as Error).name };
      }
      const { code: _, ...answer } = (await returned(room, arn, { text, given } as never)) as Record<
        string,
        unknown
      >;
      assert.deepEqual(answer, expected);
    });
  }
});

test('logs values as Node writes them', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(
    "exports.handler = async ({ text }) => require('util').format(...eval(text));",
  );
  for (const text of FORMATTED) {
    await t.test(text, async () => {
      const values = runInNewContext(text, {
        Buffer,
        Uint8Array,
        ArrayBuffer,
        Map,
        Set,
        Date,
        Symbol,
        RegExp,
        Object,
        Array,
      });
      assert.equal(await returned(room, arn, { text }), format(...(values as unknown[])));
    });
  }
});

test('runs streams, timers and signals as Node does', async (t) => {
  const room = await openRoom(t);
  const arn = await room.publish(`
    const { pipeline, Readable, Transform } = require('stream');
    const { once, EventEmitter } = require('events');
    exports.handler = async () => {
      const order = [];
      setTimeout(() => order.push('timeout'), 5); setImmediate(() => order.push('immediate'));
      process.nextTick(() => order.push('tick')); queueMicrotask(() => order.push('microtask'));
      let intervals = 0;
      await new Promise((done) => {
        const interval = setInterval(() => { intervals += 1; if (intervals === 3) { clearInterval(interval); done(); } }, 2);
      });
      await new Promise((done) => setTimeout(done, 30));
      const kept = order.sort();
      let text = '';
      const collect = new Transform({ transform(c, e, next) { text += c; next(); } });
      await new Promise((done) => pipeline(Readable.from([Buffer.from('streamed')]), collect, done));
      const emitter = new EventEmitter(); setTimeout(() => emitter.emit('ready', 7), 1);
      const [ready] = await once(emitter, 'ready');
      const late = await new Promise((r) => AbortSignal.timeout(1).addEventListener('abort', (e) => r(e.target.reason.name)));
      return { kept, intervals, text, ready, late };
    };`);
  assert.deepEqual(await returned(room, arn), {
    kept: ['immediate', 'microtask', 'tick', 'timeout'],
    intervals: 3,
    text: 'streamed',
    ready: 7,
    late: 'TimeoutError',
  });
});
