/** An attempt to leave the sandbox: code that returns its findings, which are searched for a way out. */
export type Escape = readonly [name: string, code: string];

const MODULES =
  'fs fs/promises net tls dgram dns http2 child_process worker_threads cluster vm module inspector v8 os repl wasi diagnostics_channel async_hooks perf_hooks trace_events process console sqlite test sea tty readline domain constants sys _http_agent _http_client _tls_wrap _stream_wrap internal/bootstrap/realm internal/test/binding';

/** Attempts that do not change the language's objects. They share an instance. */
export const READING: readonly Escape[] = [
  ['the constructor of `this`', 'return [this, (function () { return this; })()]'],
  [
    'the global object, its prototypes and constructors',
    'return [globalThis, Object.getPrototypeOf(globalThis), globalThis.constructor]',
  ],
  [
    'constructors of functions of each kind',
    'return [(async () => {}).constructor, (function* () {}).constructor, (async function* () {}).constructor, eval, Function]',
  ],
  [
    'indirect eval and new Function',
    "return [(0, eval)('this'), new Function('return this')(), (0, eval)('typeof mainModule')]",
  ],
  [
    'require, module and their members',
    'return [require, require.main, require.cache, require.resolve, module, module.constructor, module.parent, module.children, exports]',
  ],
  [
    'the constructor of a module',
    "const M = module.constructor; return [M._load && M._load('fs'), M.prototype, M.wrap, M._extensions]",
  ],
  ['modules by require', `return ${attempts('require(name)')}`],
  ['modules by require with node:', `return ${attempts("require('node:' + name)")}`],
  ['modules by getBuiltinModule', `return ${attempts('process.getBuiltinModule(name)')}`],
  ['modules by import()', `return Promise.all(names.map((name) => import(name).catch((error) => error)))`],
  [
    'bindings by name',
    `return ${attempts('process.binding(name)')}.concat(${attempts('process._linkedBinding(name)')})`,
  ],
  [
    'a module’s name that changes as it is read',
    "let reads = 0; const name = { toString: () => (reads++ ? 'fs' : 'crypto') }; return [attempt(() => require(name)), attempt(() => process.getBuiltinModule(name)), await import(name).catch((error) => error)]",
  ],
  [
    'what import() rejects with',
    "const promise = import('none'); return [promise, await promise.catch((error) => error)]",
  ],
  [
    'import() in code made of text',
    'return [await eval("import(\'none\')").catch((e) => e), await new Function("return import(\'none\')")().catch((e) => e), await (0, eval)("import(\'node:fs\')").catch((e) => e)]',
  ],
  [
    'import() with attributes, and of data',
    "return [await import('data:text/javascript,export default 1').catch((e) => e), await import('file:///etc/passwd').catch((e) => e), await new Function(\"return import('x', { with: { type: 'json' } })\")().catch((e) => e)]",
  ],
  [
    'import() in a timer and in a microtask',
    "return [await new Promise((r) => setTimeout(() => import('a').catch(r), 1)), await new Promise((r) => queueMicrotask(() => import('a').catch(r))), await new Promise((r) => process.nextTick(() => import('a').catch(r)))]",
  ],
  [
    'proxies for arguments',
    "const spy = () => new Proxy(function () {}, new Proxy({}, { get: (t, trap) => (...args) => { found.push(trap, ...args.slice(1)); return Reflect[trap](...args); } })); for (const use of [(p) => new URL(p), (p) => fetch(p), (p) => console.log(p), (p) => console.error('%o %s %j', p, p, p), (p) => require('util').inspect(p), (p) => require('https').get(p), (p) => require('crypto').createPublicKey(p), (p) => require('crypto').verify(p, p, p, p), (p) => Buffer.from(p), (p) => require('zlib').gzipSync(p), (p) => new AbortController().abort(p)]) { const result = attempt(() => use(spy())); found.push(result); Promise.resolve(result).catch((e) => found.push(e)); } await pause(20); return found",
  ],
  [
    'custom inspection',
    "const custom = Symbol.for('nodejs.util.inspect.custom'); const spy = { [custom](...args) { found.push(this, ...args, ...args.map((a) => a && a.stylize)); return 'x'; } }; console.log(spy); console.error('%o', spy); require('util').inspect(spy); require('util').format(spy); return found",
  ],
  [
    'a thenable as result',
    'return { then(resolve, reject) { resolve([...look([resolve, reject]), ...look([attempt(() => resolve.caller), attempt(() => arguments.callee.caller)])]); } }',
  ],
  [
    'toJSON of a result',
    'const it = { toJSON(...args) { return look([this, ...args, attempt(() => arguments.callee.caller), attempt(() => it.toJSON.caller)]); } }; return Object.assign(Object.create(it), { plain: true })',
  ],
  [
    'callers of callbacks',
    'const caller = function () { found.push(this, ...arguments, attempt(() => caller.caller), attempt(() => arguments.callee.caller)); }; await new Promise((r) => setTimeout(function () { caller.call(this); r(); }, 1)); await new Promise((r) => setImmediate(function () { caller(); r(); })); process.nextTick(function () { caller(); }); queueMicrotask(function () { caller(); }); [1].map(caller); await pause(5); return found',
  ],
  [
    'timers',
    'const timer = setTimeout(() => {}, 1); return [timer, Object.getPrototypeOf(timer), timer.constructor, timer._onTimeout, timer._idlePrev, timer._list, timer[Symbol.toPrimitive]]',
  ],
  ['the event’s context', 'return [context, context.getRemainingTimeInMillis, event]'],
  [
    'listeners of signals',
    "const controller = new AbortController(); controller.signal.onabort = function (e) { found.push(this, e); }; controller.signal.addEventListener('abort', function (e) { found.push(this, e, e.target, attempt(() => arguments.callee.caller)); }); controller.abort(); found.push(AbortSignal.timeout(1), AbortSignal.any([]), new EventTarget(), new DOMException()); await pause(5); return found",
  ],
  [
    'channels to other realms',
    'return [globalThis.structuredClone, globalThis.crypto, typeof MessageChannel, typeof MessagePort, typeof BroadcastChannel, typeof Worker]',
  ],
  [
    'handles of streams',
    "const request = require('https').get('https://x.amazonaws.com/'); const answer = await new Promise((r) => request.on('response', r).on('error', r)); return [process.stdout, process.stdout._handle, process.stdin, process.stderr.fd, request, request.socket, request.connection, request.agent, request._handle, answer, answer.socket, answer.client]",
  ],
  [
    'options of https',
    "const https = require('https'); const spy = (...args) => { found.push(...args); }; for (const options of [{ socketPath: '@unix' }, { host: '127.0.0.1', port: '@tcp' }, { createConnection: spy, host: 'x.amazonaws.com' }, { lookup: spy, host: 'x.amazonaws.com' }, { agent: { addRequest: spy, createConnection: spy }, host: 'x.amazonaws.com' }]) await new Promise((r) => { const q = attempt(() => https.get(options, r)); q && q.on ? q.on('error', (e) => { found.push(e); r(); }) : (found.push(q), r()); }); return [...found, https.globalAgent, https.Agent, https.createServer, attempt(() => https.createServer())]",
  ],
  [
    'fetch to everywhere else',
    "for (const to of ['http://127.0.0.1:@tcp/', 'http://localhost:@tcp/', 'http://[::1]:@tcp/', 'file:///etc/passwd', 'data:,x', 'unix:@unix', 'http://x.amazonaws.com@127.0.0.1:@tcp/', 'http://127.0.0.1:@tcp/?.amazonaws.com', 'http://127.0.0.1:@tcp#.amazonaws.com', 'http://0x7f000001:@tcp/', 'http://169.254.169.254/', 'blob:nodedata:x']) found.push(await fetch(to).then((r) => ['reached', r.status], (e) => e)); return found",
  ],
  [
    'memory that was used before',
    "const texts = []; for (let i = 0; i < 300; i += 1) { texts.push(Buffer.allocUnsafe(8192).toString('latin1'), Buffer.allocUnsafeSlow(65536).toString('latin1')); } return [texts.join('').includes('hidden') && 'memory']",
  ],
  [
    'parents of buffers',
    "const b = Buffer.from('x'); return [b, b.buffer, b.parent, b.offset, Buffer.poolSize, Buffer.prototype, b.buffer.byteLength > 64 && 'memory']",
  ],
  [
    'shared memory and waiting',
    'const shared = new Int32Array(new SharedArrayBuffer(8)); return [shared, Atomics, attempt(() => Atomics.wait(shared, 0, 0, 5)), attempt(() => Atomics.waitAsync && Atomics.waitAsync(shared, 0, 0, 5).value)]',
  ],
  ['compiled code', 'return [typeof WebAssembly, attempt(() => WebAssembly.compileStreaming({}))]'],
  [
    'keys that name files',
    "const c = require('crypto'); return ['@secret', 'file:@secret'].flatMap((key) => [attempt(() => c.createPrivateKey(key)), attempt(() => c.createPublicKey({ key, format: 'pem' })), attempt(() => c.setEngine && c.setEngine(key)), attempt(() => c.createSecretKey && c.setFips && c.setFips(1))])",
  ],
  [
    'files by way of process',
    "return [attempt(() => process.loadEnvFile('@secret')), attempt(() => process.dlopen({ exports: {} }, '@secret')), attempt(() => process.report.getReport()), attempt(() => process.chdir('/')), attempt(() => process.openStdin()), process.allowedNodeEnvironmentFlags, process.config, attempt(() => process.execve('/bin/sh', []))]",
  ],
  [
    'signals to other processes',
    'return [attempt(() => process.kill(@pid)), attempt(() => process._kill(@pid, 9)), attempt(() => process._debugProcess(@pid))]',
  ],
  [
    'environment',
    'return [process.env, process.env.EDGE_UPLOAD_TEST_SECRET, process.env.PATH, process.env.HOME, process.argv, process.execArgv, process.title, process.cwd()]',
  ],
  [
    'getters of errors that are thrown',
    "setTimeout(() => {}, 1); const error = new Proxy(new Error('x'), { get(target, key, receiver) { found.push(target, key, receiver, attempt(() => arguments.callee.caller)); return target[key]; } }); await Promise.reject(error).catch((e) => e.message); return found",
  ],
];

/** Attempts that change the language's objects. Each runs in its own instance. */
export const CHANGING: readonly Escape[] = [
  [
    'a module’s name with a poisoned startsWith and slice',
    "String.prototype.startsWith = () => false; String.prototype.slice = () => 'fs'; Object.hasOwn = () => true; Set.prototype.has = () => false; return [attempt(() => require('fs')), attempt(() => require('node:fs'))]",
  ],
  [
    'frames of a stack',
    'const found = []; Error.prepareStackTrace = (error, frames) => { found.push(frames, ...frames.flatMap((f) => [f, f.getThis(), f.getFunction()])); }; new Error().stack; return found',
  ],
  [
    'frames of a stack in timers and microtasks',
    "const found = []; Error.prepareStackTrace = (error, frames) => { found.push(error, frames, ...frames.flatMap((f) => [f, f.getThis(), f.getFunction()])); }; await new Promise((r) => setTimeout(() => r(new Error().stack), 1)); await null; new Error().stack; await fetch('https://x.amazonaws.com/').catch(() => {}); new Error().stack; return found",
  ],
  [
    'frames of errors that the sandbox makes',
    "const found = []; Error.prepareStackTrace = (error, frames) => { found.push(error, frames, ...frames.flatMap((f) => [f.getThis(), f.getFunction()])); return 'stack'; }; for (const make of [() => require('fs'), () => new URL(''), () => require('crypto').createHash('none'), () => process.binding('x'), () => JSON.parse('{')]) try { make(); } catch (error) { found.push(error, error.stack); } return found",
  ],
  [
    'frames of rejections',
    "const found = []; Error.prepareStackTrace = (error, frames) => { found.push(frames, ...frames.flatMap((f) => [f.getThis(), f.getFunction()])); }; await import('none').catch((e) => e.stack); await fetch('https://none/').catch((e) => found.push(e, e.stack)); return found",
  ],
  [
    'a full stack at the boundary',
    "const found = []; const { createHash } = require('crypto'); const deep = () => { try { deep(); } catch (error) { found.length < 50 && found.push(error); try { createHash('md5').update('a').digest(); } catch (e) { found.length < 50 && found.push(e); } } }; deep(); return found",
  ],
  [
    'a full stack within callbacks of the sandbox',
    "const found = []; const fill = () => { try { fill(); } catch (error) { found.length < 50 && found.push(error); try { setTimeout(() => {}, 1); console.log('x'); new URL('https://a.b'); } catch (e) { found.length < 50 && found.push(e); } } }; await new Promise((r) => setTimeout(() => { fill(); r(); }, 1)); return found",
  ],
  [
    'setters on Object.prototype',
    trap(
      'Object.prototype',
      "'_handle handle fd owner socket callback oncomplete onread reading req res parent domain reason promise resolve reject signal name message code stack constructor host port path type value done get set then data context options listener events _events _readableState _writableState'.split(' ')",
    ),
  ],
  ['setters on Array.prototype', trap('Array.prototype', '[0, 1, 2, 3, 4, 5]')],
  [
    'setters on Function.prototype and Promise.prototype',
    trap('Function.prototype', "['name', 'length', 'prototype', 'listener', 'handle']"),
  ],
  ['methods of Array.prototype', patch('Array.prototype')],
  ['methods of Function.prototype', patch('Function.prototype')],
  ['methods of Promise.prototype', patch('Promise.prototype')],
  [
    'methods of Map, Set, WeakMap',
    `${patch('Map.prototype', false)} ${patch('Set.prototype', false)} ${patch('WeakMap.prototype')}`,
  ],
  [
    'methods of String.prototype and RegExp.prototype',
    `${patch('String.prototype', false)} ${patch('RegExp.prototype')}`,
  ],
  [
    'methods of Object, Reflect and JSON',
    `${patch('Object', false)} ${patch('Reflect', false)} ${patch('JSON')}`,
  ],
  [
    'methods of EventEmitter and streams',
    `const E = require('events'); const S = require('stream'); ${patch('E.prototype', false)} ${patch('S.Readable.prototype', false)} ${patch('S.Writable.prototype')}`,
  ],
  [
    'species of arrays, promises and bytes',
    'for (const C of [Array, Promise, ArrayBuffer, Uint8Array.__proto__, RegExp]) Object.defineProperty(C, Symbol.species, { get() { found.push(this, new Error()); return function (...args) { found.push(this, args); return new C(...args); }; } }); await work(); return found',
  ],
  [
    'values that are converted to a primitive',
    "const spy = { [Symbol.toPrimitive](hint) { found.push(this, hint, (() => { try { return arguments.callee.caller; } catch (e) { return e; } })()); return 'x'; }, toString() { return 'x'; } }; for (const use of [(s) => new URL(s), (s) => require('crypto').createHash(s), (s) => process.stdout.write(s), (s) => setTimeout(() => {}, s), (s) => atob(s), (s) => require(s), (s) => new Headers([[s, s]]), (s) => process.exitCode = s]) found.push(attempt(() => use(spy))); return found",
  ],
  [
    'weak references and finalization',
    'const registry = new FinalizationRegistry(function (held) { found.push(this, held, attempt(() => arguments.callee.caller), new Error()); }); for (let i = 0; i < 1e4; i += 1) registry.register({}, i); for (let i = 0; i < 20; i += 1) { new Array(1e5).fill({}); await pause(1); } found.push(new WeakRef({}).deref()); return found.slice(0, 50)',
  ],
  [
    'forged requests to the bridge',
    'JSON.stringify = () => \'{"id":1,"method":"GET","host":"127.0.0.1","target":"/","headers":{},"body":""}\\nrequest {}\'; fetch(\'https://x.amazonaws.com/\').catch(() => {}); await pause(20); return []',
  ],
  [
    'events of process',
    "const real = []; for (const name of ['exit', 'message', 'disconnect', 'beforeExit', 'uncaughtException', 'unhandledRejection', 'worker', 'warning']) process.on(name, function (...args) { found.push(this, ...args); }); process.emit('message', {}); process.emitWarning('x'); found.push(process.send, process.channel, process.connected, process._events, process.listeners); return found",
  ],
  [
    'subclasses of what there is',
    "class P extends Promise { static get [Symbol.species]() { return class { constructor(run) { found.push(run, this); run((v) => found.push(v), (e) => found.push(e)); } }; } } await new P((r) => r(1)).then((v) => v).constructor; class R extends Request { constructor(...a) { super(...a); found.push(this, a); } } globalThis.Request = R; await fetch('https://x.amazonaws.com/').catch((e) => found.push(e)); return found",
  ],
  [
    'async stacks across await',
    "const found2 = []; Error.prepareStackTrace = (e, frames) => { found2.push(...frames.map((f) => [f, f.getThis(), f.getFunction(), f.getEvalOrigin && f.getEvalOrigin(), f.getPromiseIndex && f.getPromiseIndex()])); }; const inner = async () => { await null; throw new Error('x'); }; await Promise.all([inner()]).catch((e) => e.stack); return found2.flat()",
  ],
];

/** Tries each module's name, and returns what was found or thrown. */
function attempts(expression: string): string {
  return `names.map((name) => attempt(() => ${expression}))`;
}

/** Sets traps for members of an object that others inherit from, then makes the sandbox work. */
function trap(object: string, names: string): string {
  return `for (const name of ${names}) Object.defineProperty(${object}, name, { configurable: true, set(value) { found.push(this, value); Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true }); }, get() { found.push(this); return undefined; } }); await work(); return found`;
}

/** Replaces every method of an object by one that records its callers and arguments, then makes the sandbox work. */
function patch(object: string, last = true): string {
  return `for (const name of Reflect.ownKeys(${object})) { const real = (Reflect.getOwnPropertyDescriptor(${object}, name) ?? {}).value; if (typeof real !== 'function' || name === 'constructor') continue; const apply = safe.apply; ${object}[name] = function (...args) { if (!busy) { busy = true; note(this, args); busy = false; } return apply(real, this, args); }; } ${last ? 'await work(); return found' : ''}`;
}

/**
 * A function that runs the attempt at the position `at` of its event. Each attempt has names, a store for what it finds, and
 * work that makes the sandbox do all that it can. The handler returns what is wrong with what was found: `look` follows
 * members, prototypes and constructors.
 */
export function escapeFunction(escapes: readonly Escape[], places: Readonly<Record<string, string>>): string {
  const attempts = escapes.map(([, code]) => `async function (event, context) { ${code} }`).join(',\n');
  const placed = Object.entries(places).reduce(
    (text, [name, value]) => text.replaceAll(`@${name}`, value),
    attempts,
  );
  return `
    const names = '${MODULES}'.split(' ');
    const safe = { apply: Reflect.apply, ownKeys: Reflect.ownKeys, describe: Reflect.getOwnPropertyDescriptor, prototype: Reflect.getPrototypeOf,
      isFrozen: Object.isFrozen, Function, Object, process, setTimeout, Promise };
    const found = []; let busy = false;
    const note = (that, args) => { const at = found.length; if (at < 3000) { safe.apply(Object.defineProperty, undefined, [found, at, { value: that, configurable: true, writable: true, enumerable: true }]); for (let i = 0; i < args.length && i < 4; i += 1) Object.defineProperty(found, found.length, { value: args[i], configurable: true, writable: true, enumerable: true }); } };
    const attempt = (act) => { try { return act(); } catch (error) { return error; } };
    const pause = (ms) => new Promise((r) => setTimeout(r, ms));
    const https = require('https'), nodeCrypto = require('crypto'), zlib = require('zlib');
    async function work() {
      console.log('x', { a: [1] }); process.stdout.write('y\\n'); await pause(1);
      nodeCrypto.createHash('sha256').update('a').digest('hex'); nodeCrypto.randomBytes(4);
      new URL('https://a.b/c?d=e').searchParams.append('f', 'g'); new TextDecoder().decode(new Uint8Array([97]));
      zlib.gunzipSync(zlib.gzipSync('a')); await fetch('https://x.amazonaws.com/').then((r) => r.text()).catch(() => {});
      await new Promise((r) => https.get('https://x.amazonaws.com/', (s) => s.on('data', () => {}).on('end', r)).on('error', r));
      await import('crypto').catch(() => {}); await new Promise((r) => setImmediate(r));
    }
    function look(candidates) {
      const wrong = new Set(), seen = new Set(), waiting = [...candidates];
      for (let steps = 0; waiting.length > 0 && steps < 40000; steps += 1) {
        const it = waiting.pop();
        if (it === 'memory' || it === 'reached') wrong.add(it);
        if (typeof it === 'string' && it.includes('hidden')) wrong.add('secret');
        if ((typeof it !== 'object' && typeof it !== 'function') || it === null || seen.has(it)) continue;
        seen.add(it);
        try { if (it.pid !== undefined && it.pid !== 1 && typeof it.pid === 'number') wrong.add('process'); } catch {}
        let foreign = false;
        try { let root = it; for (let next = root; next !== null; next = safe.prototype(root = next)); foreign = root !== safe.Object.prototype && safe.describe(root, 'hasOwnProperty') !== undefined; if (foreign && !safe.isFrozen(root)) wrong.add('unfrozen'); } catch {}
        if (typeof it === 'function' && foreign) {
          for (const text of ['return process', 'return globalThis']) try { const made = it.constructor(text)(); if (made && made.process !== safe.process && made !== safe.process && (made.pid || made.process)) wrong.add('code'); } catch {}
          for (const call of [() => it('fs').readFileSync('/etc/passwd', 'utf8'), () => it.call(null, 'fs')]) try { const made = call(); if (typeof made === 'string' && made.includes('root:')) wrong.add('file'); else if (made && made.readFileSync) wrong.add('module'); } catch {}
        }
        for (const name of ['connect', 'bind', 'spawn', 'open', 'listen']) try { const method = it[name]; if (typeof method === 'function' && !(method instanceof safe.Function)) { wrong.add('handle ' + name); method.call(it, '${places.unix}'); } } catch {}
        try { waiting.push(safe.prototype(it)); for (const key of safe.ownKeys(it)) { const d = safe.describe(it, key); waiting.push(d.value, d.get, d.set); } } catch {}
      }
      return [...wrong];
    }
    exports.handler = async function (event, context) {
      found.length = 0;
      const result = await [${placed}][event.at].call(this, event, context);
      return Array.isArray(result) && result.every((one) => typeof one === 'string' && /^(code|file|process|module|unfrozen|secret|memory|reached|handle)/.test(one)) && result.length > 0 ? result : Array.isArray(result) ? look(result) : result;
    };`;
}
